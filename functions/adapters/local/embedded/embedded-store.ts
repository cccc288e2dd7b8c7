import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { TerminalError } from "../../../../shared/core/errors.ts";
import type { FeedChange, Store } from "../../../../shared/ports/store.ts";
import { Journal } from "./journal.ts";
import { linesOf } from "./journal-frame.ts";
import { LayeredStore } from "./layered-store.ts";
import { LevelDatabase } from "./level-database.ts";
import { materialise } from "./materialise.ts";
import { RecordLayers } from "./record-layers.ts";
import { defaultTuning, type EmbeddedTuning } from "./tuning.ts";

export interface EmbeddedStoreOptions extends Partial<EmbeddedTuning> {
  /** Where everything is kept; made when missing. One process at a time can have it open. */
  readonly directory: string;
}

/** How the store is doing, for health answers and benchmarks. */
export interface EmbeddedStoreStats {
  readonly commits: number;
  /** Position of the newest change on disk. */
  readonly lastPosition: number;
  /** LevelDB holds every change up to here. */
  readonly materialisedPosition: number;
  /** The feed can be read after this position. */
  readonly oldestReadablePosition: number;
  readonly journalSegments: number;
  readonly recordsInMemory: number;
  readonly charsInMemory: number;
  readonly recentRecords: number;
}

/** The durable store of one machine: acknowledged means on disk. */
export interface EmbeddedStore extends Store {
  /** Hears the changes of each commit, in order, once they are on disk. Listeners must not throw. */
  watch(listener: (changes: readonly FeedChange[]) => void): () => void;
  /** Says that every consumer of the feed has passed this position; older changes may be dropped. */
  trimFeed(position: string): Promise<void>;
  /** Deletes up to `limit` records whose time of expiry has come; answers how many it deleted. */
  deleteExpired(nowMs: number, limit: number): Promise<number>;
  /** Resolves when everything written so far is in its final place and no longer held in memory. */
  settle(): Promise<void>;
  stats(): EmbeddedStoreStats;
  /** Resolves when everything is on disk and the directory is free for another process. */
  close(): Promise<void>;
}

/** Opens the store of a directory with everything that an earlier process had acknowledged. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const { directory, ...given } = options;
  const tuning: EmbeddedTuning = { ...defaultTuning, ...given };
  // Records hold the tokens of attempts: the owner's eyes only.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const level = await LevelDatabase.open(join(directory, "records"), tuning);
  try {
    const layers = new RecordLayers(level, tuning);
    const journal = await replayJournal(join(directory, "journal"), tuning, level, layers);
    return new LayeredStore(tuning, level, layers, journal);
  } catch (error) {
    await level.close();
    if (error instanceof TerminalError) throw error;
    throw new TerminalError(
      `the data directory "${directory}" cannot be opened: ${String(error)}`,
      { cause: error },
    );
  }
}

/** Takes over what is in the journal but not yet in LevelDB, in portions of bounded size. */
function replayJournal(
  directory: string,
  tuning: EmbeddedTuning,
  level: LevelDatabase,
  layers: RecordLayers,
): Promise<Journal> {
  const { materialisedPosition } = level;
  return Journal.open(directory, tuning.segmentBytes, materialisedPosition, async (frame) => {
    for (const line of linesOf(frame)) {
      if (line.position > materialisedPosition) layers.replay(frame.payload, line);
    }
    if (layers.active.chars < tuning.generationCharsMax) return;
    await materialise(level, layers.freeze());
    layers.dropFrozen();
  });
}
