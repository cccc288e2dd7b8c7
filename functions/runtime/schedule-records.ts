import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Change, Expectation, Key, Store } from "../../shared/ports/store.ts";
import type { Backfill, Schedule, Slot } from "../../shared/schedule/schedule.ts";

/** A schedule with the version that a change of it must expect. */
export interface LoadedSchedule {
  readonly schedule: Schedule;
  readonly version: number;
}

/** A backfill with the version that a change of it must expect. */
export interface LoadedBackfill {
  readonly backfill: Backfill;
  readonly version: number;
}

export async function loadSchedule(
  store: Store,
  tenant: string,
  name: string,
): Promise<LoadedSchedule | undefined> {
  const record = await store.get(keys.schedule(tenant, name));
  if (record === undefined) return undefined;
  return { schedule: record.body as unknown as Schedule, version: record.version };
}

export function putSchedule(schedule: Schedule, expect: Expectation): Change {
  const key = keys.schedule(schedule.tenant, schedule.name);
  return { kind: "put", expect, record: { key, type: "schedule", body: schedule } };
}

export async function loadBackfill(
  store: Store,
  tenant: string,
  schedule: string,
  id: string,
): Promise<LoadedBackfill | undefined> {
  const record = await store.get(keys.backfill(tenant, schedule, id));
  if (record === undefined) return undefined;
  return { backfill: record.body as unknown as Backfill, version: record.version };
}

/** Backfills that are over are kept as long as their slots are. */
export function putBackfill(backfill: Backfill, expect: Expectation): Change {
  const { tenant, schedule, id, finishedAtMs } = backfill;
  return {
    kind: "put",
    expect,
    record: {
      key: keys.backfill(tenant, schedule, id),
      type: "backfill",
      body: backfill,
      ...(finishedAtMs === undefined ? {} : { expiresAtMs: finishedAtMs + limits.slotKeepMs }),
    },
  };
}

/** Where a slot is kept: once for each generation, and once for each backfill that runs it again. */
export function slotKey(tenant: string, schedule: string, slot: Slot): Key {
  return keys.slot(tenant, schedule, slot.nominalMs, slot.backfill ?? String(slot.generation));
}

/** A slot is settled once and for ever. */
export function putSlot(tenant: string, schedule: string, slot: Slot): Change {
  const expiresAtMs = slot.atMs + limits.slotKeepMs;
  const key = slotKey(tenant, schedule, slot);
  return {
    kind: "put",
    expect: "absent",
    record: { key, type: "slot", body: slot, expiresAtMs },
  };
}

/** Where a deleted schedule leaves its last generation, so that a new one of its name goes on from there. */
export function lastGenerationKey(tenant: string, schedule: string): Key {
  return keys.slot(tenant, schedule, 0, "deleted");
}

/** The id of a slot's instance: submitting the slot again finds the same instance. */
export function slotSeed(schedule: string, of: number | string, nominalMs: number): string {
  return `\nslot\n${schedule}\n${of}\n${nominalMs}`;
}

/** True when it was written; false when another writer was faster. */
export async function wrote(store: Store, changes: readonly Change[]): Promise<boolean> {
  const result = await store.write(changes);
  return result.outcome === "wrote";
}
