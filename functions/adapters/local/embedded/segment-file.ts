import { fdatasync, write } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import {
  claimedFrameBytes,
  claimedPosition,
  decodeFrame,
  type Frame,
  findFrameMagic,
  frameHeaderBytes,
} from "./journal-frame.ts";

/** magic (8 bytes), position of the first change (8), checksum of both (4), unused (4). */
export const segmentHeaderBytes = 24;
const segmentMagic = Buffer.from("SWYJRNL1", "latin1");
const readChunkBytes = 1 << 20;

export function encodeSegmentHeader(buffer: Buffer, firstPosition: number): void {
  segmentMagic.copy(buffer, 0);
  buffer.writeDoubleLE(firstPosition, 8);
  buffer.writeUInt32LE(crc32(buffer.subarray(0, 16)), 16);
  buffer.writeUInt32LE(0, 20);
}

/** The position of the segment's first change; undefined for a spare or half-started segment. */
export async function readSegmentHeader(path: string): Promise<number | undefined> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(segmentHeaderBytes),
      0,
      segmentHeaderBytes,
      0,
    );
    if (bytesRead < segmentHeaderBytes) return undefined;
    if (segmentMagic.compare(buffer, 0, 8) !== 0) return undefined;
    if (buffer.readUInt32LE(16) !== crc32(buffer.subarray(0, 16))) return undefined;
    return buffer.readDoubleLE(8);
  } finally {
    await file.close();
  }
}

/** Writes all bytes at the place and has them on disk when it resolves. */
export function writeDurably(fd: number, bytes: Buffer, place: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const writeFrom = (written: number): void => {
      write(fd, bytes, written, bytes.length - written, place + written, (error, count) => {
        if (error !== null) reject(error);
        else if (written + count < bytes.length) writeFrom(written + count);
        // Only the data and the file's length must be on disk, not its times.
        else fdatasync(fd, (failed) => (failed === null ? resolve() : reject(failed)));
      });
    };
    writeFrom(0);
  });
}

/** Walks the frames of one segment in order, holding about a megabyte of it at a time. */
export class SegmentReader {
  readonly #file: FileHandle;
  readonly #fileBytes: number;
  #chunk = Buffer.alloc(0);
  #chunkStart = 0;
  #offset: number;
  #expected: number;

  private constructor(
    file: FileHandle,
    fileBytes: number,
    offset: number,
    expectedPosition: number,
  ) {
    this.#file = file;
    this.#fileBytes = fileBytes;
    this.#offset = offset;
    this.#expected = expectedPosition;
  }

  static async open(
    path: string,
    firstPosition: number,
    offset = segmentHeaderBytes,
  ): Promise<SegmentReader> {
    const file = await open(path, "r");
    return new SegmentReader(file, (await file.stat()).size, offset, firstPosition);
  }

  /** Where the next frame starts, or would. */
  get offset(): number {
    return this.#offset;
  }

  /** The position of the next frame's first change. */
  get expectedPosition(): number {
    return this.#expected;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /**
   * The next frame; undefined where the segment ends. Leftovers of an earlier use of the file
   * have other positions and so are no frames of this segment.
   */
  async next(): Promise<Frame | undefined> {
    const frame = await this.#frameAt(this.#offset);
    if (frame === undefined || frame.firstPosition !== this.#expected) return undefined;
    this.#offset += frame.bytes;
    this.#expected += frame.changeCount;
    return frame;
  }

  /** Whether an intact frame that is newer than those read lies behind the place where reading ended. */
  async hasLaterFrame(): Promise<boolean> {
    for (let from = this.#offset; from < this.#fileBytes; ) {
      await this.#load(from, 4);
      const found = findFrameMagic(this.#chunk, from - this.#chunkStart);
      if (found === -1) {
        // The magic may lie across the end of the chunk.
        from = Math.max(from + 1, this.#chunkStart + this.#chunk.length - 3);
        continue;
      }
      const start = this.#chunkStart + found;
      await this.#load(start, frameHeaderBytes);
      // Old frames are many, and looking at their checksums would take long.
      if ((claimedPosition(this.#chunk, start - this.#chunkStart) ?? 0) >= this.#expected) {
        if ((await this.#frameAt(start)) !== undefined) return true;
      }
      from = start + 1;
    }
    return false;
  }

  async #frameAt(start: number): Promise<Frame | undefined> {
    await this.#load(start, frameHeaderBytes);
    const bytes = claimedFrameBytes(this.#chunk, start - this.#chunkStart);
    // A torn header may claim anything.
    if (bytes === undefined || start + bytes > this.#fileBytes) return undefined;
    await this.#load(start, bytes);
    return decodeFrame(this.#chunk, start - this.#chunkStart);
  }

  /** Makes `bytes` bytes from `start` on available in the chunk, or all there is. */
  async #load(start: number, bytes: number): Promise<void> {
    const end = this.#chunkStart + this.#chunk.length;
    if (start >= this.#chunkStart && start + bytes <= end) return;
    const size = Math.max(bytes, readChunkBytes);
    const buffer = Buffer.allocUnsafe(size);
    const { bytesRead } = await this.#file.read(buffer, 0, size, start);
    this.#chunk = buffer.subarray(0, bytesRead);
    this.#chunkStart = start;
  }
}
