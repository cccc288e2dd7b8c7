import { assert } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Meter } from "../../../shared/ports/meter.ts";
import type {
  Candidate,
  Change,
  Conflict,
  FeedChange,
  FeedPage,
  Key,
  Query,
  Store,
  StoredRecord,
  WriteResult,
} from "../../../shared/ports/store.ts";
import {
  indexRowBytes,
  indexUnits,
  itemBytes,
  keyReadUnits,
  queryReadUnits,
  writeUnits,
} from "../../../shared/pricing/capacity-units.ts";
import { applyChange, assertWritable, keyOf, keyText, lost } from "./apply-change.ts";
import { IndexTables } from "./index-tables.ts";

export interface MemoryStoreOptions {
  /** Counts capacity units as DynamoDB would bill them. Without one, nothing is measured. */
  readonly meter?: Meter;
  /** How many changes of the feed are kept; all by default. */
  readonly feedKept?: number;
}

export type FeedListener = (changes: readonly FeedChange[]) => void;

/** A store in this process's memory: deterministic, without timers, settled in a microtask. */
export interface MemoryStore extends Store {
  /** Hears the changes of every accepted write, in order, before that write resolves. */
  watch(listener: FeedListener): () => void;
  /** Every record as it is now, in the order of first writing. */
  all(): Iterable<StoredRecord>;
}

/** Opens an empty store. */
export function openMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new RecordsInMemory(options);
}

/** What one change of a write does to one record. */
interface Effect {
  readonly change: Change;
  readonly before: StoredRecord | undefined;
  readonly after: StoredRecord | undefined;
}

class RecordsInMemory implements MemoryStore {
  readonly #records = new Map<string, StoredRecord>();
  readonly #indexes = new IndexTables();
  readonly #listeners = new Set<FeedListener>();
  readonly #unheard: (readonly FeedChange[])[] = [];
  readonly #meter: Meter | undefined;
  readonly #feedKept: number;
  #feed: FeedChange[] = [];
  #feedCount = 0;
  #telling = false;

  constructor({ meter, feedKept = Number.POSITIVE_INFINITY }: MemoryStoreOptions) {
    this.#meter = meter;
    this.#feedKept = feedKept;
  }

  async get(key: Key): Promise<StoredRecord | undefined> {
    const record = this.#records.get(keyText(key));
    this.#meter?.count("dynamodb.readUnits", keyReadUnits(record));
    return record;
  }

  async getMany(keys: readonly Key[]): Promise<readonly (StoredRecord | undefined)[]> {
    const found = keys.map((key) => this.#records.get(keyText(key)));
    if (this.#meter !== undefined) {
      for (const record of found) this.#meter.count("dynamodb.readUnits", keyReadUnits(record));
    }
    return found;
  }

  async query(query: Query): Promise<readonly Candidate[]> {
    assert(
      query.limit >= 1 && query.limit <= limits.storePageMax,
      `a query asks for ${query.limit} candidates; 1 to ${limits.storePageMax} are allowed`,
    );
    const found = this.#indexes.query(query);
    this.#meter?.count("dynamodb.readUnits", this.#unitsOfQuery(query, found));
    return found;
  }

  async write(changes: readonly Change[]): Promise<WriteResult> {
    assertWritable(changes);
    const effects: Effect[] = [];
    const conflicts: Conflict[] = [];
    for (const [changeIndex, change] of changes.entries()) {
      const before = this.#records.get(keyText(keyOf(change)));
      const after = applyChange(change, before);
      if (after === lost) conflicts.push({ changeIndex, current: before });
      else effects.push({ change, before, after });
    }
    if (conflicts.length > 0) {
      this.#countLost(changes);
      return { outcome: "lost", conflicts };
    }
    this.#countWritten(effects);
    this.#tell(this.#apply(effects));
    return { outcome: "wrote" };
  }

  async changes(from: string, limit: number): Promise<FeedPage> {
    const oldest = this.#feedCount - this.#feed.length;
    const start = Math.max(0, Number(from) - oldest);
    const changes = this.#feed.slice(start, start + limit);
    return { changes, next: changes.at(-1)?.position ?? from };
  }

  watch(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  all(): Iterable<StoredRecord> {
    return this.#records.values();
  }

  #apply(effects: readonly Effect[]): readonly FeedChange[] {
    const heard: FeedChange[] = [];
    for (const { change, before, after } of effects) {
      if (change.kind === "check") continue;
      const present = after ?? before;
      assert(present !== undefined, "a delete was accepted where nothing was");
      const { key, type } = present;
      if (after === undefined) this.#records.delete(keyText(key));
      else this.#records.set(keyText(key), after);
      this.#indexes.update(before, after);
      this.#feedCount += 1;
      heard.push({ key, type, record: after, position: String(this.#feedCount) });
    }
    for (const change of heard) this.#feed.push(change);
    // Cut in bulk, so that keeping the feed short costs nothing per write.
    if (this.#feed.length > 2 * this.#feedKept) {
      this.#feed = this.#feed.slice(this.#feed.length - this.#feedKept);
    }
    return heard;
  }

  /** A listener may write: its changes are heard by everyone after the present ones. */
  #tell(changes: readonly FeedChange[]): void {
    if (changes.length === 0 || this.#listeners.size === 0) return;
    this.#unheard.push(changes);
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#unheard.shift(); next !== undefined; next = this.#unheard.shift()) {
        for (const listener of this.#listeners) listener(next);
      }
    } finally {
      this.#telling = false;
    }
  }

  #unitsOfQuery(query: Query, found: readonly Candidate[]): number {
    let bytes = 0;
    for (const { key, sort } of found) {
      const record = query.index === "primary" ? this.#records.get(keyText(key)) : undefined;
      bytes += record === undefined ? indexRowBytes(query.partition, sort, key) : itemBytes(record);
    }
    return queryReadUnits(bytes);
  }

  #countLost(changes: readonly Change[]): void {
    if (this.#meter === undefined) return;
    for (const change of changes) {
      const present = this.#records.get(keyText(keyOf(change)));
      this.#meter.count("dynamodb.writeUnits", writeUnits(present, undefined, changes.length));
    }
  }

  #countWritten(effects: readonly Effect[]): void {
    if (this.#meter === undefined) return;
    for (const { change, before, after } of effects) {
      const indexes = change.kind === "check" ? 0 : indexUnits(before, after);
      const units = writeUnits(before, after, effects.length) + indexes;
      this.#meter.count("dynamodb.writeUnits", units);
    }
  }
}
