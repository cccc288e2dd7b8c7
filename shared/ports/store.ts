import type { JsonObject } from "../core/json.ts";

/** Where a record lives. `pk` starts with the tenant (see contract/keys.ts). */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** What kinds of record exist; index entries are derived per type (contract/indexes.ts). */
export type RecordType =
  | "task"
  | "task-version"
  | "instance"
  | "log"
  | "payload-claim"
  | "rollup"
  | "checkpoint"
  | "rules"
  | "profile"
  | "pool"
  | "worker"
  | "function"
  | "limit"
  | "slots"
  | "rate"
  | "group"
  | "tenant"
  | "budget"
  | "quota"
  | "lock"
  | "joined"
  | "schedule"
  | "slot"
  | "backfill"
  | "calendar"
  | "trigger"
  | "webhook"
  | "delivery"
  | "finding";

/** One stored record. Bodies are immutable: never change one in place, adapters may share them. */
export interface StoredRecord<Body extends object = JsonObject> {
  readonly key: Key;
  readonly type: RecordType;
  /** 1 for the first write; exactly one more for each accepted write. */
  readonly version: number;
  readonly body: Body;
  /** The store may delete the record some time after this instant; never relied on as a timer. */
  readonly expiresAtMs?: number;
}

export type NewRecord<Body extends object = JsonObject> = Omit<StoredRecord<Body>, "version">;

/** What a change requires of the record's present state. */
export type Expectation = "absent" | number;

export type Change =
  | { readonly kind: "put"; readonly record: NewRecord<object>; readonly expect: Expectation }
  | { readonly kind: "delete"; readonly key: Key; readonly expect: number }
  | { readonly kind: "check"; readonly key: Key; readonly expect: Expectation }
  /**
   * Adds to top-level numeric fields of the body, creating record and fields as needed (absent = 0).
   * Lost when a sum would leave its bound; then nothing of the write happens.
   */
  | {
      readonly kind: "add";
      readonly key: Key;
      readonly type: RecordType;
      readonly amounts: Readonly<Record<string, number>>;
      readonly bounds?: Readonly<Record<string, { readonly min?: number; readonly max?: number }>>;
      readonly expiresAtMs?: number;
    };

/** A change whose expectation did not hold, and what is there now. */
export interface Conflict {
  readonly changeIndex: number;
  readonly current: StoredRecord | undefined;
}

export type WriteResult =
  | { readonly outcome: "wrote" }
  | { readonly outcome: "lost"; readonly conflicts: readonly Conflict[] };

/** Sparse indexes; "primary" lists the records of one partition themselves. */
export const indexNames = ["wake", "task", "group", "queue"] as const;
export type IndexName = (typeof indexNames)[number];

export interface IndexEntry {
  readonly index: IndexName;
  readonly partition: string;
  readonly sort: string;
}

export interface Query {
  readonly index: IndexName | "primary";
  readonly partition: string;
  /** Bounds on the sort key: `from` inclusive, `to` exclusive. */
  readonly from?: string;
  readonly to?: string;
  readonly order: "ascending" | "descending";
  /** At most `storePageMax`. */
  readonly limit: number;
}

/** A place to look: index entries may be stale, so whoever acts on one re-reads the record. */
export interface Candidate {
  readonly key: Key;
  readonly sort: string;
}

/** One change of the feed: the record as that write left it, or undefined when it was deleted. */
export interface FeedChange {
  readonly key: Key;
  readonly type: RecordType;
  readonly record: StoredRecord | undefined;
  /** Decimal digits; grows along the feed of one source. */
  readonly position: string;
}

export interface FeedPage {
  readonly changes: readonly FeedChange[];
  /** Where to go on; equals `from` when nothing new is there. */
  readonly next: string;
}

/**
 * The one truth. All reads by key are strongly consistent; queries find candidates only.
 * Faults of the world surface as TransientError or TerminalError; a lost race is an answer, not an error.
 * A TransientError of `write` means the outcome is unknown: it may have been applied.
 */
export interface Store {
  get(key: Key): Promise<StoredRecord | undefined>;
  /** Strongly consistent; the answer has one place per key, in order. */
  getMany(keys: readonly Key[]): Promise<readonly (StoredRecord | undefined)[]>;
  query(query: Query): Promise<readonly Candidate[]>;
  /** Atomic over at most `changesPerWriteMax` changes, each of a different key. */
  write(changes: readonly Change[]): Promise<WriteResult>;
  /** The change feed in commit order (per source), after position `from` ("0" = from the oldest kept). */
  changes(from: string, limit: number): Promise<FeedPage>;
}
