import { closeSync, openSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { segmentHeaderBytes, writeDurably } from "./segment-file.ts";

const sparesMax = 2;
const fillBytes = 1 << 20;

/** Journal files whose blocks are allocated and whose header is blank, ready to be written. */
export class SpareSegments {
  readonly #ready: string[];
  readonly #segmentBytes: number;
  readonly #newPath: () => string;
  #preparation: Promise<void> | undefined;

  constructor(ready: string[], segmentBytes: number, newPath: () => string) {
    this.#ready = ready;
    this.#segmentBytes = segmentBytes;
    this.#newPath = newPath;
  }

  get isReady(): boolean {
    return this.#ready.length > 0;
  }

  give(): string | undefined {
    return this.#ready.shift();
  }

  /**
   * Takes a file that is no longer needed. Its header is blank on disk before it can be written
   * again or removed, so a crash never shows a half-overwritten or long gone segment as a whole one.
   */
  async take(path: string): Promise<void> {
    const fd = openSync(path, "r+");
    try {
      await writeDurably(fd, Buffer.alloc(segmentHeaderBytes), 0);
    } finally {
      closeSync(fd);
    }
    if (this.#ready.length < sparesMax) this.#ready.push(path);
    else await rm(path);
  }

  /** Starts to write a spare when the segment being written has shown that the store is busy. */
  prepareFor(segmentOffset: number): void {
    if (this.isReady || this.#preparation !== undefined) return;
    if (segmentOffset < this.#segmentBytes / 8) return;
    const path = this.#newPath();
    this.#preparation = this.#fill(path)
      .then(
        () => {
          this.#ready.push(path);
        },
        // A spare only saves time. A disk that cannot hold it fails the commit that needs the room.
        () => rm(path, { force: true }),
      )
      .finally(() => {
        this.#preparation = undefined;
      });
  }

  /** Resolves when nothing is being prepared. */
  async settled(): Promise<void> {
    await this.#preparation;
  }

  async #fill(path: string): Promise<void> {
    const file = await open(path, "wx");
    try {
      const zeros = Buffer.alloc(Math.min(fillBytes, this.#segmentBytes));
      for (let place = 0; place < this.#segmentBytes; place += zeros.length) {
        await file.write(zeros, 0, zeros.length, place);
      }
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
