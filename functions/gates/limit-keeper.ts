import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { stableHash } from "../../shared/core/stable-hash.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import { gatesOf } from "../../shared/limit/gates-of.ts";
import type { HeldSlot } from "../../shared/limit/limit.ts";
import {
  heldIn,
  isOverfull,
  roomIn,
  shardCountFor,
  shardWithRoom,
  withHolder,
} from "../../shared/limit/slots.ts";
import { afterStart, startAtMs, startsLeft } from "../../shared/limit/token-bucket.ts";
import type { Change } from "../../shared/ports/store.ts";
import type { Engine } from "../runtime/engine.ts";
import type { GateAnswer, GateKeeper, GateRequest } from "./gate.ts";
import { type GateRead, ratePut, readGates, type SlotsRead, slotsPut } from "./gate-records.ts";
import { lineAround } from "./line.ts";
import { watchLine } from "./rate-line.ts";

/** The keeper of slots and rates: an attempt takes one of each, or none at all. */
export const limitKeeper: GateKeeper = {
  async ask(engine, request) {
    const { instance, definition, facts, claim, nowMs } = request;
    const gates = gatesOf(instance, definition.spec, facts);
    if (gates.length === 0) return { outcome: "open", changes: [], held: {} };
    const reads = await readGates(engine.store, instance.tenant, gates);
    const next: string[] = [];
    for (const read of reads) {
      const seen = await askOne(engine, request, read);
      if ("outcome" in seen) return seen;
      next.push(...seen.next);
    }
    const changes: Change[] = [];
    const slots: HeldSlot[] = [];
    for (const read of reads) {
      if ("shards" in read) {
        const taken = takeSlot(instance, read, claim.attemptId, nowMs);
        slots.push(taken.slot);
        changes.push(...taken.changes);
      } else {
        const { gate, record, version } = read;
        const state = afterStart(gate.rate, record, nowMs);
        const body = { ...record, ...state, gate: gate.gate, rate: gate.rate };
        changes.push(ratePut(instance.tenant, body, version));
      }
    }
    return { outcome: "open", changes, held: slots.length === 0 ? {} : { slots }, next };
  },
};

type Closed = Extract<GateAnswer, { outcome: "closed" }>;

/** Whoever cannot pass one gate waits there, so that it holds nobody up at the others. */
async function askOne(
  engine: Engine,
  { instance, nowMs }: GateRequest,
  read: GateRead,
): Promise<Closed | { readonly next: readonly string[] }> {
  const room = roomAt(read, nowMs);
  const wanted = Math.min(room === 0 ? limits.linePageSize : room, limits.linePageSize);
  const waitingFor = waitingForOf(read.gate.kind, read.gate.gate);
  const { before, after } = await lineAround(engine.store, instance, waitingFor, wanted);
  if (room > 0 && before.length < wanted) {
    return { next: after.slice(0, Math.min(room - 1, limits.nextWaitersMax)) };
  }
  if (!("shards" in read)) await watchLine(engine, instance.tenant, read);
  return {
    outcome: "closed",
    waiting: "limit",
    waitingFor,
    reason: reasonOf(read, before.length, room),
    recheckAtMs: recheckAt(instance, read, nowMs, before.length),
    ...(room === 0 ? {} : { before: before.slice(0, limits.nextWaitersMax) }),
  };
}

function roomAt(read: GateRead, nowMs: number): number {
  return "shards" in read
    ? roomIn(read.shards, read.gate.max)
    : startsLeft(read.gate.rate, read.record, nowMs);
}

function reasonOf(read: GateRead, before: number, room: number): string {
  const { gate } = read;
  const count = before >= limits.linePageSize ? `at least ${before}` : before;
  const line = `${count} before it in line`;
  if (room > 0) return `${gate.gate} has room for others first: ${line}`;
  return "shards" in read
    ? `all ${read.gate.max} slots of ${gate.gate} are taken (${heldIn(read.shards)} held), ${line}`
    : `${gate.gate} has no start left now, ${line}`;
}

/**
 * The hint of whoever makes room comes first; this is for when it is lost. Those far back look ever
 * more seldom, so that a long line costs little.
 */
function recheckAt(instance: Instance, read: GateRead, nowMs: number, before: number): number {
  const isFar = before >= limits.linePageSize;
  const most = isFar ? limits.lineRecheckMsMax : limits.capacityRecheckMsMax;
  const halfWaitedMs = Math.round(Math.max(0, nowMs - instance.dueAtMs) / 2);
  const seldomAtMs = nowMs + Math.min(most, Math.max(limits.capacityRecheckMsMin, halfWaitedMs));
  if ("shards" in read) return seldomAtMs;
  const turnAtMs = startAtMs(read.gate.rate, read.record, nowMs, before);
  return isFar ? Math.max(turnAtMs, seldomAtMs) : Math.max(turnAtMs, nowMs + 1);
}

function takeSlot(
  { tenant, id }: Instance,
  { gate, shards, versions }: SlotsRead,
  attemptId: string,
  nowMs: number,
): { readonly slot: HeldSlot; readonly changes: readonly Change[] } {
  const count = shardCountFor(gate.max);
  const from = Number.parseInt(stableHash(attemptId, 1), 16) % count;
  const shard = shardWithRoom(shards, gate.max, from) ?? 0;
  const holder = { attemptId, instanceId: id, sinceMs: nowMs };
  const first = shards[0];
  const widens = shard > 0 && (first?.shards ?? 1) <= shard;
  const taken = withHolder(gate.gate, shards[shard], holder);
  const changes: Change[] = [slotsPut(tenant, shard, taken, versions[shard] ?? "absent", nowMs)];
  if (widens) {
    const noted = { ...(first ?? { gate: gate.gate, holders: [] }), shards: count };
    changes.push(slotsPut(tenant, 0, noted, versions[0] ?? "absent", nowMs));
  }
  if (isOverfull(shards, gate.max)) {
    for (const [other, version] of versions.entries()) {
      if (other === shard || (other === 0 && widens)) continue;
      changes.push({ kind: "check", key: keys.slots(tenant, gate.gate, other), expect: version });
    }
  }
  return { slot: { gate: gate.gate, shard }, changes };
}
