import { ClassicLevel } from "classic-level";
import { TerminalError } from "../../../../shared/core/errors.ts";
import { metaRows } from "./record-rows.ts";

/** The layout of rows, journal and lines. A change that older versions cannot read raises it. */
const formatVersion = 1;

export interface LevelTuning {
  readonly blockCacheBytes: number;
  readonly writeBufferBytes: number;
}

/** Values are bytes, so that what the journal holds goes to its row without becoming text again. */
type Rows = ClassicLevel<string, Buffer>;
type RowBatch = ReturnType<Rows["batch"]>;
const asText = { keyEncoding: "utf8", valueEncoding: "utf8" } as const;

/** Rows of a range, in portions. */
export interface StoredRows {
  next(count: number): Promise<string[]>;
  close(): Promise<void>;
}

/** LevelDB as this store uses it: plain rows of text, durable batches, keys of ranges. */
export class LevelDatabase {
  readonly #level: Rows;
  #materialisedPosition: number;

  private constructor(level: Rows, materialisedPosition: number) {
    this.#level = level;
    this.#materialisedPosition = materialisedPosition;
  }

  /** The rows hold every change of the journal up to this one. */
  get materialisedPosition(): number {
    return this.#materialisedPosition;
  }

  static async open(directory: string, tuning: LevelTuning): Promise<LevelDatabase> {
    const level = new ClassicLevel<string, Buffer>(directory, {
      keyEncoding: "utf8",
      valueEncoding: "buffer",
      cacheSize: tuning.blockCacheBytes,
      writeBufferSize: tuning.writeBufferBytes,
      maxOpenFiles: 128,
    });
    try {
      await level.open();
    } catch (error) {
      throw openingError(directory, error);
    }
    try {
      await checkFormat(level, directory);
      return new LevelDatabase(
        level,
        Number(level.getSync<string, string>(metaRows.materialised, asText) ?? 0),
      );
    } catch (error) {
      await level.close();
      throw error;
    }
  }

  get(row: string): string | undefined {
    try {
      // Synchronous, because it is an order of magnitude cheaper than a round trip through the
      // thread pool, and what it looks for is nearly always absent or in the page cache.
      return this.#level.getSync<string, string>(row, asText);
    } catch (error) {
      throw new TerminalError(`the database cannot read a record: ${String(error)}`, {
        cause: error,
      });
    }
  }

  /** Collects rows to put and delete; nothing happens before `commit`. */
  batch(): RowBatch {
    return this.#level.batch();
  }

  /** As `commit`, and notes that the rows now hold every change up to `position`. */
  async commitUpTo(position: number, batch: RowBatch): Promise<void> {
    batch.put(metaRows.materialised, Buffer.from(String(position)));
    await this.commit(batch);
    this.#materialisedPosition = position;
  }

  /** Applies the batch as a whole and has it on disk when it resolves. */
  async commit(batch: RowBatch): Promise<void> {
    // Each batch is synchronous: after a power loss LevelDB may skip a damaged batch of its log
    // and apply a later one, so no batch may depend on one that is not on disk.
    await batch.write({ sync: true });
  }

  /** The keys between the bounds, as they are at the moment of this call. */
  rows(bounds: { gte: string; lt: string }, reverse: boolean, limit: number): StoredRows {
    const highWaterMarkBytes = Math.min(limit, 1_000) * 256;
    const iterator = this.#level.keys({ ...bounds, reverse, highWaterMarkBytes });
    return {
      next: (count) => iterator.nextv(count),
      close: () => iterator.close(),
    };
  }

  close(): Promise<void> {
    return this.#level.close();
  }
}

async function checkFormat(level: Rows, directory: string): Promise<void> {
  const found = level.getSync<string, string>(metaRows.format, asText);
  if (found === String(formatVersion)) return;
  if (found !== undefined) {
    throw new TerminalError(
      `the data directory "${directory}" has format ${found}; this version reads format ` +
        `${formatVersion}. Start the version that wrote it, or a newer one.`,
    );
  }
  if ((await level.keys({ limit: 1 }).all()).length > 0) {
    throw new TerminalError(
      `the data directory "${directory}" holds another program's database. Choose another directory.`,
    );
  }
  await level.put(metaRows.format, Buffer.from(String(formatVersion)), { sync: true });
}

function openingError(directory: string, error: unknown): TerminalError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "LEVEL_LOCKED") {
    return new TerminalError(
      `the data directory "${directory}" is in use by another process. Stop that process, or ` +
        "start this one with another directory.",
      { cause: error },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(error);
  return new TerminalError(`the data directory "${directory}" cannot be opened: ${reason}`, {
    cause: error,
  });
}
