import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Change } from "../../shared/ports/store.ts";
import {
  type ChangedSchedule,
  passedOver,
  pauseSchedule,
  resumeSchedule,
  type ScheduleChange,
} from "../../shared/schedule/change-schedule.ts";
import { mirrorAsked } from "../../shared/schedule/mirrored.ts";
import type { Schedule, Slot } from "../../shared/schedule/schedule.ts";
import { slotOrder } from "../../shared/schedule/slot-order.ts";
import type { Engine } from "../runtime/engine.ts";
import { hintSchedule } from "../runtime/schedule-hints.ts";
import {
  lastGenerationKey,
  loadSchedule,
  putSchedule,
  putSlot,
} from "../runtime/schedule-records.ts";
import { loadFireRules } from "../runtime/schedule-rules.ts";
import { countSchedule } from "./define-schedule.ts";
import { contendedSchedule, scheduleNotFound } from "./schedule-rejections.ts";

/** Holds back all further slots. Pausing twice keeps the first pause. */
export function pauseScheduleByName(
  engine: Engine,
  context: TenantContext,
  name: string,
  reason: string | undefined,
): Promise<Schedule> {
  return changeSchedule(engine, context, name, (present, change) => {
    if (present.state === "completed") refuseCompleted(name);
    return present.state === "paused" ? undefined : pauseSchedule(present, change, reason);
  });
}

/** Lets slots fire again from now on; what came meanwhile is noted as skipped. */
export function resumeScheduleByName(
  engine: Engine,
  context: TenantContext,
  name: string,
): Promise<Schedule> {
  return changeSchedule(engine, context, name, (present, change) =>
    present.state === "paused" ? resumeSchedule(present, change) : undefined,
  );
}

/** Deletes a schedule; its slots and instances stay, and their generations are never used again. */
export async function deleteSchedule(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
): Promise<void> {
  const { store, clock, log, recordHints } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadSchedule(store, tenant, name);
    if (loaded === undefined) throw new RejectionError(scheduleNotFound(name));
    const { schedule, version } = loaded;
    const nowMs = clock.now();
    const slots = await slotsOf(engine, schedule, nowMs);
    const settled =
      schedule.state !== "active"
        ? []
        : passedOver(schedule, slots, nowMs, `${actor} deleted the schedule`);
    const tombstone: Slot = {
      generation: schedule.generation,
      nominalMs: 0,
      outcome: "skipped",
      atMs: nowMs,
      reason: `${actor} deleted the schedule`,
    };
    const left = await store.get(lastGenerationKey(tenant, name));
    const result = await store.write([
      { kind: "delete", key: keys.schedule(tenant, name), expect: version },
      countSchedule(tenant, -1),
      {
        kind: "put",
        expect: left?.version ?? "absent",
        record: {
          key: lastGenerationKey(tenant, name),
          type: "slot",
          body: tombstone,
          expiresAtMs: nowMs + limits.slotKeepMs,
        },
      },
      ...settled.map((slot) => putSlot(tenant, name, slot)),
    ]);
    if (result.outcome === "lost") continue;
    log.info("schedule deleted", { schedule: name });
    if (recordHints?.mirrors === true) {
      await recordHints.send([{ kind: "mirror", of: "schedule", tenant, name }]);
    }
    return;
  }
  throw new RejectionError(contendedSchedule(name));
}

async function changeSchedule(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  decide: (present: Schedule, change: ScheduleChange) => ChangedSchedule | undefined,
): Promise<Schedule> {
  const { store, clock, log } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadSchedule(store, tenant, name);
    if (loaded === undefined) throw new RejectionError(scheduleNotFound(name));
    const nowMs = clock.now();
    const changed = decide(loaded.schedule, {
      nowMs,
      actor,
      slots: await slotsOf(engine, loaded.schedule, nowMs),
      wakeGraceMs: engine.slotGraceMs ?? 0,
      mirror: mirrorAsked(engine.recordHints?.mirrors, nowMs),
    });
    if (changed === undefined) return loaded.schedule;
    const { schedule, settled } = changed;
    const changes: Change[] = [putSchedule(schedule, loaded.version)];
    const result = await store.write(
      changes.concat(settled.map((slot) => putSlot(tenant, name, slot))),
    );
    if (result.outcome === "lost") continue;
    log.info("schedule changed", { schedule: name, state: schedule.state, actor });
    await hintSchedule(engine, schedule, "in time");
    return schedule;
  }
  throw new RejectionError(contendedSchedule(name));
}

async function slotsOf(engine: Engine, schedule: Schedule, nowMs: number) {
  const fromMs = Math.min(schedule.handledMs, nowMs);
  return slotOrder(await loadFireRules(engine, schedule, fromMs, nowMs), schedule.sinceMs);
}

function refuseCompleted(name: string): never {
  throw new RejectionError({
    code: "schedule_completed",
    detail: `no slot of the schedule ${name} is left, so there is nothing to pause`,
    suggestion: "define it anew with other times, or delete it",
  });
}
