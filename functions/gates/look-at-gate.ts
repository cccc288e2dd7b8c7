import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import type { SlotHolder, SlotShard } from "../../shared/limit/slots.ts";
import type { Store, StoredRecord } from "../../shared/ports/store.ts";
import type { Engine, RecordingEngine } from "../runtime/engine.ts";
import { slotsPut } from "./gate-records.ts";
import { hintNextWaiters } from "./next-waiters.ts";
import { lookAtRateLine } from "./rate-line.ts";

/** Looks at one record of a gate whose time has come: who waits at a rate, or who still holds slots. */
export async function lookAtGate(
  engine: Engine,
  tenant: string,
  gate: string,
  id: string,
): Promise<void> {
  if (id === keys.rate(tenant, gate).sk) {
    await lookAtRateLine(engine, tenant, gate);
    return;
  }
  const shard = Number(id.slice(id.indexOf("#") + 1));
  const record = await engine.store.get(keys.slots(tenant, gate, shard));
  if (record === undefined) return;
  const { wakeAtMs } = record.body as unknown as SlotShard;
  if (wakeAtMs === undefined || engine.clock.now() < wakeAtMs) return;
  await returnLostSlots(engine, tenant, shard, record);
}

/**
 * Gives back the slots of attempts that are over. Every end gives back its own, so there are some
 * only after a restore that brought back one record and not the other. Answers with the holders.
 */
export async function returnLostSlots(
  engine: RecordingEngine,
  tenant: string,
  shard: number,
  record: StoredRecord,
): Promise<readonly SlotHolder[]> {
  const { store, clock, log } = engine;
  const body = record.body as unknown as SlotShard;
  const lost = await lostHolders(store, tenant, body);
  const holders = body.holders.filter((holder) => !lost.includes(holder));
  const nowMs = clock.now();
  const { wakeAtMs: _, ...rest } = body;
  const next: SlotShard = {
    ...rest,
    holders,
    ...(holders.length === 0 ? {} : { wakeAtMs: nowMs + limits.slotsAuditMs }),
  };
  const written = await store.write([slotsPut(tenant, shard, next, record.version, nowMs)]);
  // Somebody took or gave back a slot meanwhile: the wake is still due.
  if (written.outcome === "lost") return [];
  if (lost.length > 0) {
    log.error("slots of attempts that are over given back", {
      gate: body.gate,
      slots: lost.length,
    });
    await hintNextWaiters(
      engine,
      tenant,
      lost.map(() => body.gate),
    );
  }
  return lost;
}

/** Holders whose attempt is not the live one of its instance. Read after the record, which decides. */
export async function lostHolders(
  store: Store,
  tenant: string,
  { holders }: SlotShard,
): Promise<readonly SlotHolder[]> {
  if (holders.length === 0) return [];
  const records = await store.getMany(
    holders.map(({ instanceId }) => keys.instance(tenant, instanceId)),
  );
  return holders.filter(({ attemptId }, place) => {
    const instance = records[place]?.body as unknown as Instance | undefined;
    return instance === undefined || liveAttempt(instance)?.id !== attemptId;
  });
}
