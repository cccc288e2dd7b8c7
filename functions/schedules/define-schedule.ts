import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { canonicalJson, type JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Change, Store } from "../../shared/ports/store.ts";
import {
  anchorOf,
  type ChangedSchedule,
  haveSameTimes,
  openSchedule,
  redefineSchedule,
  type ScheduleChange,
} from "../../shared/schedule/change-schedule.ts";
import { mirrorAsked } from "../../shared/schedule/mirrored.ts";
import type { Schedule, ScheduleSpec, Slot } from "../../shared/schedule/schedule.ts";
import { scheduleWarnings } from "../../shared/schedule/schedule-warnings.ts";
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
import { noteWatchedTenant } from "../runtime/watched-tenants.ts";
import { refuseWrongSpec, refuseWrongTimes } from "./check-schedule.ts";
import { contendedSchedule } from "./schedule-rejections.ts";

export interface DefinedSchedule {
  readonly schedule: Schedule;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

/**
 * Makes a schedule, or replaces what it says; what it says already changes nothing. With
 * `onlyIfRevision`, only when that is its revision (0 for one that does not exist).
 */
export async function defineSchedule(
  engine: Engine,
  context: TenantContext,
  name: string,
  spec: ScheduleSpec,
  onlyIfRevision?: number,
): Promise<DefinedSchedule> {
  const { store, log } = engine;
  const { tenant } = context;
  let checked = false;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadSchedule(store, tenant, name);
    const present = loaded?.schedule;
    refuseOtherRevision(name, present?.revision ?? 0, onlyIfRevision);
    if (present !== undefined && isSame(present.spec, spec)) {
      const warnings = await warningsOf(engine, present);
      return { schedule: present, created: false, warnings };
    }
    if (!checked) await refuseWrongSpec(engine, tenant, spec);
    checked = true;
    const { schedule, settled } = await planned(engine, context, name, spec, present);
    const counted = present === undefined ? [countSchedule(tenant, 1)] : [];
    await noteWatchedTenant(store, tenant);
    const result = await store.write([
      putSchedule(schedule, loaded?.version ?? "absent"),
      ...settled.map((slot) => putSlot(tenant, name, slot)),
      ...counted,
    ]);
    if (result.outcome === "wrote") {
      log.info("schedule defined", { schedule: name, created: present === undefined });
      await hintSchedule(engine, schedule, "in time");
      const warnings = await warningsOf(engine, schedule);
      return { schedule, created: present === undefined, warnings };
    }
    const isFull = result.conflicts.every(({ changeIndex }) => changeIndex === settled.length + 1);
    if (counted.length > 0 && isFull) refuseTooMany();
  }
  throw new RejectionError(contendedSchedule(name));
}

/** Keeps count of a tenant's schedules, in the write that makes one or deletes it. */
export function countSchedule(tenant: string, by: 1 | -1): Change {
  return {
    kind: "add",
    key: keys.quota(tenant, "schedules", "all"),
    type: "quota",
    amounts: { count: by },
    bounds: { count: { max: limits.schedulesMax } },
  };
}

async function planned(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  spec: ScheduleSpec,
  present: Schedule | undefined,
): Promise<ChangedSchedule> {
  const nowMs = engine.clock.now();
  const keepsTimes = present !== undefined && haveSameTimes(present.spec, spec);
  const anchorMs = keepsTimes ? present.anchorMs : anchorOf(spec, nowMs);
  const fromMs = Math.min(nowMs, present?.handledMs ?? nowMs);
  const rules = await loadFireRules(engine, { tenant, name, spec, anchorMs }, fromMs, nowMs);
  if (!keepsTimes) refuseWrongTimes(rules, nowMs);
  const mirror = mirrorAsked(engine.recordHints?.mirrors, nowMs);
  const change: ScheduleChange = {
    nowMs,
    actor,
    slots: slotOrder(rules, keepsTimes ? present.sinceMs : nowMs),
    wakeGraceMs: engine.slotGraceMs ?? 0,
    mirror,
  };
  if (present === undefined) {
    const generation = (await lastGeneration(engine.store, tenant, name)) + 1;
    return { schedule: openSchedule({ tenant, name, spec, generation }, change), settled: [] };
  }
  const oldRules = await loadFireRules(engine, present, fromMs, nowMs);
  return redefineSchedule(present, spec, change, slotOrder(oldRules, present.sinceMs));
}

/** The instances of a deleted schedule of this name keep their slots for themselves. */
async function lastGeneration(store: Store, tenant: string, name: string): Promise<number> {
  const record = await store.get(lastGenerationKey(tenant, name));
  return (record?.body as Slot | undefined)?.generation ?? 0;
}

async function warningsOf(engine: Engine, schedule: Schedule): Promise<readonly string[]> {
  const { tenant, spec } = schedule;
  const nowMs = engine.clock.now();
  const [rules, profile] = await Promise.all([
    loadFireRules(engine, schedule, nowMs, nowMs),
    engine.routing.profile(tenant, spec.task),
  ]);
  return scheduleWarnings(spec, rules, profile, nowMs);
}

function isSame(one: ScheduleSpec, other: ScheduleSpec): boolean {
  const [left, right] = [one, other].map((spec) => canonicalJson(spec as unknown as JsonValue));
  return left === right;
}

function refuseOtherRevision(name: string, present: number, wanted: number | undefined): void {
  if (wanted === undefined || wanted === present) return;
  throw new RejectionError({
    code: "precondition_failed",
    detail:
      present === 0
        ? `there is no schedule ${name}`
        : `revision ${present} of the schedule ${name} is the newest, not ${wanted}`,
    pointer: "If-Match",
    suggestion: "read the schedule, apply the change to it again, and send its new ETag",
  });
}

function refuseTooMany(): never {
  throw new RejectionError({
    code: "limit_reached",
    detail: `there are ${limits.schedulesMax} schedules already, and no more are possible`,
    suggestion: "delete some that are no longer used",
  });
}
