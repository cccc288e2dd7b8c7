import { closeSync, fdatasyncSync, fstatSync, openSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { assert, TerminalError } from "../../../../shared/core/errors.ts";
import {
  damaged,
  type FoundSegments,
  findSegments,
  type Segment,
  segmentPath,
  syncDirectory,
} from "./journal-files.ts";
import { encodeFrame, type Frame, linesOf } from "./journal-frame.ts";
import {
  encodeSegmentHeader,
  SegmentReader,
  segmentHeaderBytes,
  writeDurably,
} from "./segment-file.ts";
import { SpareSegments } from "./spare-segments.ts";
import type { Version } from "./version.ts";

export interface JournalLine {
  readonly position: number;
  readonly line: string;
}

/**
 * The durable sequence of all changes, in files that are written ahead of time and used again:
 * a commit then overwrites blocks that exist, which the file system does several times faster
 * than it lets a file grow.
 */
export class Journal {
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #spares: SpareSegments;
  /** Oldest first; the last one is being written. */
  #segments: Segment[];
  #fd: number | undefined;
  /** Where the next frame goes in the segment being written. */
  #offset = 0;
  /** Whether the file being written was not filled ahead of time. */
  #grows = true;
  #lastPosition: number;
  #fileCount: number;
  /** Where the last reader of the feed stopped, so that the next page starts there. */
  #readPlace: { segment: Segment; offset: number; position: number } | undefined;
  #readers = 0;

  private constructor(directory: string, segmentBytes: number, found: FoundSegments) {
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#segments = found.segments;
    this.#fileCount = found.fileCount;
    this.#spares = new SpareSegments(found.spares, segmentBytes, () => this.#newPath());
    this.#lastPosition = 0;
  }

  /**
   * Opens the journal and gives `apply` every frame with a change after `position`, in order.
   * The last frame may be torn by a crash: it was never acknowledged and is left out. Damage
   * before intact frames would lose acknowledged writes and is refused.
   */
  static async open(
    directory: string,
    segmentBytes: number,
    position: number,
    apply: (frame: Frame) => Promise<void>,
  ): Promise<Journal> {
    await mkdir(directory, { recursive: true });
    const found = await findSegments(directory);
    const journal = new Journal(directory, segmentBytes, found);
    await journal.#replay(position, apply, [...found.spares]);
    return journal;
  }

  get lastPosition(): number {
    return this.#lastPosition;
  }

  /** The feed can be read after this position. */
  get oldestReadable(): number {
    return (this.#segments[0]?.firstPosition ?? this.#lastPosition + 1) - 1;
  }

  get segmentCount(): number {
    return this.#segments.length;
  }

  /** Has the versions on disk, as one frame, when it resolves. One call at a time. */
  async append(versions: readonly Version[]): Promise<void> {
    const firstPosition = this.#lastPosition + 1;
    const bytes = encodeFrame(versions, firstPosition, segmentHeaderBytes);
    const frameBytes = bytes.length - segmentHeaderBytes;
    if (this.#fd !== undefined && this.#hasRoomFor(frameBytes)) {
      await writeDurably(this.#fd, bytes.subarray(segmentHeaderBytes), this.#offset);
      this.#offset += frameBytes;
    } else {
      // The header and the first frame go in one write: a segment never stands without a frame.
      encodeSegmentHeader(bytes, firstPosition);
      await this.#startSegment(firstPosition, bytes);
    }
    this.#lastPosition += versions.length;
    this.#spares.prepareFor(this.#offset);
  }

  /** Lines after `position`, up to `limit` of them and none above `upTo`. */
  async read(position: number, limit: number, upTo: number): Promise<JournalLine[]> {
    const lines: JournalLine[] = [];
    this.#readers += 1;
    try {
      let from = Math.max(position, this.oldestReadable);
      while (lines.length < limit && from < upTo) {
        const before = from;
        from = await this.#readSegment(from, limit, upTo, lines);
        assert(from > before, `the journal has no change ${before + 1} though it holds ${upTo}`);
      }
    } finally {
      this.#readers -= 1;
    }
    return lines;
  }

  /** Gives up the segments whose changes are all at or below `position`, to be used again. */
  async release(position: number): Promise<void> {
    for (;;) {
      const [oldest, following] = this.#segments;
      if (oldest === undefined || following === undefined || this.#readers > 0) return;
      if (following.firstPosition - 1 > position) return;
      this.#segments.shift();
      if (this.#readPlace?.segment === oldest) this.#readPlace = undefined;
      await this.#spares.take(oldest.path);
    }
  }

  async close(): Promise<void> {
    await this.#spares.settled();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** A file that must grow with each commit is left as soon as there is a better one. */
  #hasRoomFor(frameBytes: number): boolean {
    if (this.#grows && this.#spares.isReady) return false;
    return this.#offset + frameBytes <= this.#segmentBytes;
  }

  async #replay(
    position: number,
    apply: (frame: Frame) => Promise<void>,
    spares: readonly string[],
  ): Promise<void> {
    const first = this.#segments.findLastIndex((segment) => segment.firstPosition <= position + 1);
    if (first === -1 && this.#segments.length + position > 0) throw this.#missing(position);
    for (const [index, segment] of this.#segments.entries()) {
      if (index < first) continue;
      const reader = await SegmentReader.open(segment.path, segment.firstPosition);
      try {
        for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
          if (reader.expectedPosition - 1 > position) await apply(frame);
        }
        this.#offset = reader.offset;
        this.#lastPosition = reader.expectedPosition - 1;
        const following = this.#segments[index + 1]?.firstPosition ?? this.#lastPosition + 1;
        if (following !== this.#lastPosition + 1 || (await reader.hasLaterFrame())) {
          throw damaged(segment.path, this.#offset);
        }
      } finally {
        await reader.close();
      }
    }
    if (this.#lastPosition < position) throw this.#missing(position);
    await this.#checkSpares(spares);
    const last = this.#segments.at(-1);
    if (last === undefined) return;
    this.#fd = openSync(last.path, "r+");
    this.#grows = fstatSync(this.#fd).size < this.#segmentBytes;
    // A killed process may have written its last frame without waiting for the disk. Whoever reads
    // it now must not see it vanish at a power loss.
    fdatasyncSync(this.#fd);
    await syncDirectory(this.#directory);
  }

  /** A file without a header has old changes or half a first frame in it; newer ones are damage. */
  async #checkSpares(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const reader = await SegmentReader.open(path, this.#lastPosition + 1);
      try {
        if (await reader.hasLaterFrame()) throw damaged(path, 0);
      } finally {
        await reader.close();
      }
    }
  }

  #missing(position: number): TerminalError {
    return new TerminalError(
      `the journal in "${this.#directory}" does not continue from change ${position}, up to which ` +
        "the records were stored: acknowledged writes are missing. Restore the data directory " +
        "from a backup.",
    );
  }

  async #startSegment(firstPosition: number, bytes: Buffer): Promise<void> {
    const spare = this.#spares.give();
    const path = spare ?? this.#newPath();
    const fd = openSync(path, spare === undefined ? "wx" : "r+");
    try {
      await writeDurably(fd, bytes, 0);
      await syncDirectory(this.#directory);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = fd;
    this.#offset = bytes.length;
    this.#grows = spare === undefined;
    this.#segments.push({ path, firstPosition });
  }

  /** Reads lines after `from` out of the segment that holds them; answers how far it came. */
  async #readSegment(
    from: number,
    limit: number,
    upTo: number,
    lines: JournalLine[],
  ): Promise<number> {
    const segment = this.#segments.findLast((each) => each.firstPosition <= from + 1);
    assert(segment !== undefined, `no journal segment holds change ${from + 1}`);
    const place = this.#readPlace;
    const known = place?.segment === segment && place.position <= from ? place : undefined;
    const reader = await SegmentReader.open(
      segment.path,
      (known?.position ?? segment.firstPosition - 1) + 1,
      known?.offset,
    );
    let reached = from;
    try {
      while (lines.length < limit && reader.expectedPosition <= upTo) {
        const [offset, first] = [reader.offset, reader.expectedPosition];
        const frame = await reader.next();
        if (frame === undefined) break;
        this.#readPlace = { segment, offset, position: first - 1 };
        if (reader.expectedPosition - 1 <= from) continue;
        for (const { position, start, end } of linesOf(frame)) {
          if (position <= from || position > upTo || lines.length >= limit) continue;
          lines.push({ position, line: frame.payload.toString("utf8", start, end) });
          reached = position;
        }
      }
    } finally {
      await reader.close();
    }
    return reached;
  }

  #newPath(): string {
    this.#fileCount += 1;
    return segmentPath(this.#directory, this.#fileCount);
  }
}
