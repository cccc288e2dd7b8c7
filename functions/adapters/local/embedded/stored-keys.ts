import { setImmediate as nextTurn } from "node:timers/promises";
import { KeyFilter } from "./key-filter.ts";
import type { LevelDatabase } from "./level-database.ts";
import { recordRow } from "./record-rows.ts";

const keysPerTurn = 1_000;

/**
 * Knows for most new keys, without a look at LevelDB, that no record has them: every submission
 * asks just that. A store that held records when it was opened learns their keys in the
 * background, and only once enough new ones have been asked for to make it worth while.
 */
export class StoredKeys {
  readonly #level: LevelDatabase;
  readonly #missesUntilLearning: number;
  #filter: KeyFilter | undefined;
  #isComplete = false;
  #misses = 0;
  #learning: Promise<void> | undefined;
  #isClosed = false;

  constructor(level: LevelDatabase, missesUntilLearning: number) {
    this.#level = level;
    this.#missesUntilLearning = missesUntilLearning;
  }

  /** False only when LevelDB holds no record of that key. */
  mayHold(text: string): boolean {
    return !this.#isComplete || this.#filter === undefined || this.#filter.mayHave(text);
  }

  /** To be called when LevelDB was asked for a record in vain. */
  noteMiss(): void {
    if (this.#filter !== undefined || this.#isClosed) return;
    this.#misses += 1;
    if (this.#misses < this.#missesUntilLearning) return;
    const filter = new KeyFilter();
    this.#filter = filter;
    // Without what it would have learnt every look-up goes to LevelDB, where its fault shows.
    this.#learning = this.#learn(filter).catch(() => undefined);
  }

  /** To be called when a record that was not there before has reached LevelDB. */
  add(text: string): void {
    this.#filter?.add(text);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#learning;
  }

  /** Reads every key once, a few at a time; those that come meanwhile are added by the way. */
  async #learn(filter: KeyFilter): Promise<void> {
    const prefix = recordRow("");
    const bounds = { gte: prefix, lt: String.fromCharCode(prefix.charCodeAt(0) + 1) };
    const rows = this.#level.rows(bounds, false, keysPerTurn);
    try {
      for (;;) {
        const keys = await rows.next(keysPerTurn);
        for (const key of keys) filter.add(key.slice(prefix.length));
        if (keys.length === 0) break;
        await nextTurn();
        if (this.#isClosed) return;
      }
      this.#isComplete = true;
    } finally {
      await rows.close();
    }
  }
}
