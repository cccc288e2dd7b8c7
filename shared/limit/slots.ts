import { limits } from "../core/limits.ts";

/** An attempt that has a slot. */
export interface SlotHolder {
  readonly attemptId: string;
  readonly instanceId: string;
  readonly sinceMs: number;
}

/** One of the records that say who holds the slots of a gate. */
export interface SlotShard {
  readonly gate: string;
  readonly holders: readonly SlotHolder[];
  /** In the first record: so many of them have been in use. */
  readonly shards?: number;
  /** When somebody makes sure that the holders still hold. */
  readonly wakeAtMs?: number;
}

/** All records of a gate, in order; undefined where there is none. */
export type SlotShards = readonly (SlotShard | undefined)[];

export function shardCountFor(max: number): number {
  return Math.ceil(max / limits.slotsPerShard);
}

/** The slots of one record: together they are exactly `max`. */
export function shardMax(max: number, shard: number): number {
  const count = shardCountFor(max);
  if (shard >= count) return 0;
  return Math.floor(max / count) + (shard < max % count ? 1 : 0);
}

export function heldIn(shards: SlotShards): number {
  return shards.reduce((sum, shard) => sum + (shard?.holders.length ?? 0), 0);
}

/** Never negative: a lowered bound lets whoever holds a slot finish. */
export function roomIn(shards: SlotShards, max: number): number {
  return Math.max(0, max - heldIn(shards));
}

/**
 * True when some record has more than its share, as after the bound was lowered. Only then does one
 * record's share say nothing about the sum, so that a claim must depend on all of them.
 */
export function isOverfull(shards: SlotShards, max: number): boolean {
  return shards.some((shard, place) => (shard?.holders.length ?? 0) > shardMax(max, place));
}

/** The record that takes one more, beginning at `from`; undefined when no room is left. */
export function shardWithRoom(shards: SlotShards, max: number, from: number): number | undefined {
  if (roomIn(shards, max) === 0) return undefined;
  const overfull = isOverfull(shards, max);
  const count = shardCountFor(max);
  for (let step = 0; step < count; step++) {
    const shard = (from + step) % count;
    const most = overfull ? limits.slotsPerShard : shardMax(max, shard);
    if ((shards[shard]?.holders.length ?? 0) < most) return shard;
  }
  return undefined;
}

export function withHolder(
  gate: string,
  shard: SlotShard | undefined,
  holder: SlotHolder,
): SlotShard {
  const wakeAtMs = shard?.wakeAtMs ?? holder.sinceMs + limits.slotsAuditMs;
  return { ...shard, gate, holders: [...(shard?.holders ?? []), holder], wakeAtMs };
}

/** The same record when the attempt holds nothing there: giving back twice changes nothing. */
export function withoutHolder(shard: SlotShard, attemptId: string): SlotShard {
  const holders = shard.holders.filter((holder) => holder.attemptId !== attemptId);
  return holders.length === shard.holders.length ? shard : { ...shard, holders };
}
