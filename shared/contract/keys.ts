import { limits } from "../core/limits.ts";
import type { Key } from "../ports/store.ts";

/** The only place where keys are built. Every partition starts with the tenant; no name holds "#". */
export const keys = {
  taskHead: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#TASKS`, sk: name }),
  taskVersion: (tenant: string, name: string, version: number): Key => ({
    pk: `T#${tenant}#TASK#${name}`,
    sk: paddedNumber(version, 8),
  }),
  instance: (tenant: string, id: string): Key => ({ pk: `T#${tenant}#I#${id}`, sk: "I" }),
  log: (tenant: string, id: string, attemptId: string): Key => ({
    pk: `T#${tenant}#I#${id}`,
    sk: `LOG#${attemptId}`,
  }),
  /** Which instance an uploaded input belongs to. */
  payloadClaim: (tenant: string, id: string): Key => ({ pk: `T#${tenant}#PAYLOAD#${id}`, sk: "P" }),
  rollup: (tenant: string, task: string, bucket: string, backend: string): Key => ({
    pk: `T#${tenant}#ROLLUP#${task}`,
    sk: `${bucket}#${backend}`,
  }),
  /** Which rules are in force, tried or shadowed. */
  rulesHead: (tenant: string): Key => ({ pk: `T#${tenant}#RULES`, sk: "HEAD" }),
  rulesVersion: (tenant: string, version: number): Key => ({
    pk: `T#${tenant}#RULES`,
    sk: `V#${paddedNumber(version, 8)}`,
  }),
  /** What was learned about a task. */
  profile: (tenant: string, task: string): Key => ({ pk: `T#${tenant}#PROFILE#${task}`, sk: "P" }),
  pool: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#POOLS`, sk: name }),
  worker: (tenant: string, pool: string, id: string): Key => ({
    pk: `T#${tenant}#POOL#${pool}`,
    sk: `W#${id}`,
  }),
  /** A deployed function: which version is in force. */
  functionHead: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#FUNCTIONS`, sk: name }),
  functionVersion: (tenant: string, name: string, digest: string): Key => ({
    pk: `T#${tenant}#FUNCTION#${name}`,
    sk: digest,
  }),
  /** A limit that several tasks share. */
  limit: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#LIMITS`, sk: name }),
  /** Who holds the slots of a gate: a few of them in each shard. */
  slots: (tenant: string, gate: string, shard: number): Key => ({
    pk: `T#${tenant}#GATE#${gate}`,
    sk: `S#${paddedNumber(shard, 4)}`,
  }),
  /** How many starts a gate has left. */
  rate: (tenant: string, gate: string): Key => ({ pk: `T#${tenant}#GATE#${gate}`, sk: "R" }),
  group: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#GROUPS`, sk: name }),
  tenantSettings: (tenant: string): Key => ({ pk: `T#${tenant}#TENANT`, sk: "T" }),
  /** What a day has cost so far. */
  budget: (tenant: string, budget: string, day: string): Key => ({
    pk: `T#${tenant}#BUDGET#${budget}`,
    sk: day,
  }),
  /** Submissions of one minute. */
  quota: (tenant: string, subject: string, minute: string): Key => ({
    pk: `T#${tenant}#QUOTA#${subject}`,
    sk: minute,
  }),
  /** The one open instance of a task and key. */
  lock: (tenant: string, task: string, key: string): Key => ({
    pk: `T#${tenant}#LOCK#${task}`,
    sk: key,
  }),
  /** Which instance a submission with an idempotency key became a part of. */
  joined: (tenant: string, id: string): Key => ({ pk: `T#${tenant}#JOINED#${id}`, sk: "J" }),
  schedule: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#SCHEDULES`, sk: name }),
  /** One slot of a schedule; `of` is its generation, or the backfill that ran it again. */
  slot: (tenant: string, schedule: string, nominalMs: number, of: string): Key => ({
    pk: `T#${tenant}#SLOTS#${schedule}`,
    sk: `${paddedNumber(nominalMs, 14)}#${of}`,
  }),
  backfill: (tenant: string, schedule: string, id: string): Key => ({
    pk: `T#${tenant}#BACKFILLS#${schedule}`,
    sk: id,
  }),
  calendar: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#CALENDARS`, sk: name }),
  trigger: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#TRIGGERS`, sk: name }),
  webhook: (tenant: string, name: string): Key => ({ pk: `T#${tenant}#WEBHOOKS`, sk: name }),
  delivery: (tenant: string, webhook: string, id: string): Key => ({
    pk: `T#${tenant}#DELIVERIES#${webhook}`,
    sk: id,
  }),
  /** Something that should have happened and has not. */
  finding: (tenant: string, id: string): Key => ({ pk: `T#${tenant}#FINDINGS`, sk: id }),
  /** Tenants that have something to be watched; not a tenant's record. */
  watchedTenant: (tenant: string): Key => ({ pk: "SYS#WATCHED", sk: tenant }),
  /** What the watch last saw, and where it goes on. */
  watch: (): Key => ({ pk: "SYS#WATCH", sk: "W" }),
  /** How far a consumer of the change feed has come; not a tenant's record. */
  checkpoint: (consumer: string, source: string): Key => ({
    pk: `SYS#FEED#${consumer}`,
    sk: source,
  }),
} as const;

/** The partitions of the sparse indexes. */
export const partitions = {
  wake: (shard: number): string => `SYS#WAKE#${shard}`,
  byTask: (tenant: string, task: string): string => `T#${tenant}#BY-TASK#${task}`,
  byGroup: (tenant: string, group: string): string => `T#${tenant}#BY-GROUP#${group}`,
  /** Attempts that wait for a worker of this pool. */
  poolLine: (tenant: string, pool: string): string => `T#${tenant}#LINE#${pool}`,
  /** Instances that wait at a gate, by `waitingFor`. */
  waiting: (tenant: string, waitingFor: string): string => `T#${tenant}#WAITING#${waitingFor}`,
} as const;

/** Sorts like the number does, for non-negative integers of at most `digits` digits. */
export function paddedNumber(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

/** Sorts by time, then by id; works up to the year 5138. */
export function timeSort(atMs: number, id: string): string {
  return `${paddedNumber(atMs, 14)}#${id}`;
}

/**
 * Sorts like a line: by time of arrival, where each step of priority counts as having come
 * `limits.priorityStepMs` earlier. So the urgent overtake, and nobody waits for ever.
 */
export function lineSort(priority: number, atMs: number, id: string): string {
  const placeMs = atMs + (limits.priorityMax - priority) * limits.priorityStepMs;
  return `${paddedNumber(placeMs, 14)}#${timeSort(atMs, id)}`;
}

/** The instant at the start of a `timeSort` text. */
export function timeOfSort(sort: string): number {
  return Number(sort.slice(0, 14));
}

/** Spreads the wake index so that no partition takes all writes; stable for an id. */
export function wakeShard(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) | 0;
  return (hash >>> 0) % limits.wakeShards;
}

/**
 * Where a range goes on behind a sort key: ranges include their start, and adapters may compare the
 * sort key together with what separates it from the rest of an index row.
 */
export function justAfter(sort: string): string {
  return `${sort}\u0001`;
}
