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
  paused: (tenant: string, task: string): string => `T#${tenant}#PAUSED#${task}`,
} as const;

/** Sorts like the number does, for non-negative integers of at most `digits` digits. */
export function paddedNumber(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

/** Sorts by time, then by id; works up to the year 5138. */
export function timeSort(atMs: number, id: string): string {
  return `${paddedNumber(atMs, 14)}#${id}`;
}

/** Sorts like a line: higher priority first, then whoever has waited longer. */
export function lineSort(priority: number, atMs: number, id: string): string {
  return `${limits.priorityMax - priority}#${timeSort(atMs, id)}`;
}

/** The instant at the start of a `timeSort` text. */
export function timeOfSort(sort: string): number {
  return Number(sort.slice(0, 14));
}

/** Which version of a deployed function a key names; undefined for every other key. */
export function functionVersionOfKey({
  pk,
  sk,
}: Key): { readonly tenant: string; readonly name: string; readonly digest: string } | undefined {
  const [mark, tenant, kind, name] = pk.split("#");
  if (mark !== "T" || kind !== "FUNCTION" || tenant === undefined || name === undefined) {
    return undefined;
  }
  return { tenant, name, digest: sk };
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
