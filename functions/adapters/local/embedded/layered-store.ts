import { paddedNumber } from "../../../../shared/contract/keys.ts";
import { assert, TerminalError } from "../../../../shared/core/errors.ts";
import { limits } from "../../../../shared/core/limits.ts";
import type {
  Candidate,
  Change,
  FeedChange,
  FeedPage,
  Key,
  Query,
  StoredRecord,
  WriteResult,
} from "../../../../shared/ports/store.ts";
import { keyText } from "../../memory/apply-change.ts";
import type { EmbeddedStore, EmbeddedStoreStats } from "./embedded-store.ts";
import { FeedTail, feedChangesOf } from "./feed-tail.ts";
import { type CommitGroup, GroupCommit } from "./group-commit.ts";
import type { Journal } from "./journal.ts";
import type { LevelDatabase } from "./level-database.ts";
import { Materialiser } from "./materialiser.ts";
import { mergedQuery } from "./merged-query.ts";
import type { RecordLayers } from "./record-layers.ts";
import { decodeLine } from "./record-line.ts";
import type { RowQuery } from "./record-rows.ts";
import type { EmbeddedTuning } from "./tuning.ts";
import { WriteDecider } from "./write-decider.ts";

/**
 * The embedded store in operation. Writes are decided at once against the newest accepted
 * versions, on disk or not; no answer leaves before everything it is based on is on disk.
 */
export class LayeredStore implements EmbeddedStore {
  readonly #level: LevelDatabase;
  readonly #layers: RecordLayers;
  readonly #journal: Journal;
  readonly #commits: GroupCommit;
  readonly #materialiser: Materialiser;
  readonly #writes: WriteDecider;
  readonly #tail: FeedTail;
  readonly #listeners = new Set<(changes: readonly FeedChange[]) => void>();
  #stopped: TerminalError | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    tuning: EmbeddedTuning,
    level: LevelDatabase,
    layers: RecordLayers,
    journal: Journal,
  ) {
    this.#level = level;
    this.#layers = layers;
    this.#journal = journal;
    this.#tail = new FeedTail(
      journal.lastPosition,
      tuning.feedTailChangesMax,
      tuning.feedTailCharsMax,
    );
    const fail = (error: TerminalError) => {
      this.#stopped ??= error;
    };
    const commits = new GroupCommit(journal, {
      committed: (group) => this.#committed(group),
      failed: fail,
    });
    this.#commits = commits;
    this.#materialiser = new Materialiser({ level, layers, journal, commits }, tuning, fail);
    this.#writes = new WriteDecider(layers, commits, this.#materialiser);
    if (layers.active.slots.size > 0) this.#materialiser.noteWrite();
  }

  async get(key: Key): Promise<StoredRecord | undefined> {
    this.#assertRunning();
    const { record, group } = this.#layers.find(key, keyText(key));
    const pending = this.#commits.whenDurable(group);
    if (pending !== undefined) await pending;
    return record;
  }

  async getMany(keys: readonly Key[]): Promise<readonly (StoredRecord | undefined)[]> {
    this.#assertRunning();
    let newestGroup = 0;
    const records = keys.map((key) => {
      const { record, group } = this.#layers.find(key, keyText(key));
      if (group > newestGroup) newestGroup = group;
      return record;
    });
    await this.#commits.whenDurable(newestGroup);
    return records;
  }

  async query(query: Query): Promise<readonly Candidate[]> {
    assert(
      query.limit >= 1 && query.limit <= limits.storePageMax,
      `a query asks for ${query.limit} candidates; 1 to ${limits.storePageMax} are allowed`,
    );
    return this.#query(query);
  }

  /** Not an async function: the writes of a group share one promise instead of making one each. */
  write(changes: readonly Change[]): Promise<WriteResult> {
    try {
      this.#assertRunning();
      const room = this.#materialiser.room;
      return room === undefined
        ? this.#writes.decide(changes)
        : room.then(() => this.write(changes));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async changes(from: string, limit: number): Promise<FeedPage> {
    this.#assertRunning();
    const position = Number(from);
    assert(
      Number.isSafeInteger(position) && position >= 0 && limit >= 1,
      `the feed has no position ${JSON.stringify(from)}, or ${limit} is no limit`,
    );
    const changes = this.#tail.after(position, limit) ?? (await this.#stored(position, limit));
    return { changes, next: changes.at(-1)?.position ?? from };
  }

  watch(listener: (changes: readonly FeedChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async trimFeed(position: string): Promise<void> {
    this.#assertRunning();
    await this.#materialiser.trim(Number(position));
  }

  async deleteExpired(nowMs: number, limit: number): Promise<number> {
    const due = await this.#query({
      index: "expiry",
      partition: "",
      to: paddedNumber(nowMs + 1, 14),
      order: "ascending",
      limit,
    });
    const records = await this.getMany(due.map((candidate) => candidate.key));
    const deletions = records.map(async (record) => {
      if (record?.expiresAtMs === undefined || record.expiresAtMs > nowMs) return 0;
      const { key, version } = record;
      const { outcome } = await this.write([{ kind: "delete", key, expect: version }]);
      return outcome === "wrote" ? 1 : 0;
    });
    const counts: number[] = await Promise.all(deletions);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async settle(): Promise<void> {
    await this.#materialiser.settle();
    this.#assertRunning();
  }

  stats(): EmbeddedStoreStats {
    const generations = this.#layers.generations;
    return {
      commits: this.#commits.commitCount,
      lastPosition: this.#tail.lastPosition,
      materialisedPosition: this.#level.materialisedPosition,
      oldestReadablePosition: this.#journal.oldestReadable,
      journalSegments: this.#journal.segmentCount,
      recordsInMemory: generations.reduce((sum, { slots }) => sum + slots.size, 0),
      charsInMemory: generations.reduce((sum, { chars }) => sum + chars, 0),
      recentRecords: this.#layers.recentCount,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #query(query: RowQuery): Promise<readonly Candidate[]> {
    this.#assertRunning();
    return mergedQuery(this.#level, this.#layers.generations, query);
  }

  async #stored(position: number, limit: number): Promise<FeedChange[]> {
    const lines = await this.#journal.read(position, limit, this.#tail.lastPosition);
    return lines.map(({ line, position: at }) => {
      const { key, type, record } = decodeLine(line);
      return { key, type, record, position: String(at) };
    });
  }

  #committed(group: CommitGroup): void {
    this.#tail.push(group);
    if (this.#listeners.size === 0) return;
    const changes = feedChangesOf(group);
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        // The writes are on disk and must be answered; the listener's bug surfaces on its own.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  async #close(): Promise<void> {
    const isWhole = this.#stopped === undefined;
    this.#stopped ??= new TerminalError("the store is closed");
    // After a failure nothing more may go to disk: the journal on it decides at the next start.
    await (isWhole ? this.#materialiser.settle() : this.#materialiser.atRest());
    this.#materialiser.stop();
    await this.#layers.close();
    await this.#journal.close();
    await this.#level.close();
  }

  #assertRunning(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
  }
}
