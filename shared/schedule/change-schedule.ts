import { canonicalJson, type JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import { runOf } from "./decide-slots.ts";
import type { Mirrored, Schedule, ScheduleSpec, Slot } from "./schedule.ts";
import type { SlotOrder } from "./slot-order.ts";
import { marked, markOf, withSlot } from "./slot-times.ts";

/** Who changes a schedule, when, and what its slots are after the change. */
export interface ScheduleChange {
  readonly nowMs: number;
  readonly actor: string;
  readonly slots: SlotOrder;
  readonly wakeGraceMs: number;
  /** Present where somebody outside is to be told. */
  readonly mirror?: Mirrored | undefined;
}

/** A schedule as it goes on, and slots that are settled by the change: all in one write. */
export interface ChangedSchedule {
  readonly schedule: Schedule;
  readonly settled: readonly Slot[];
}

/** Where `rate(…)` begins to count for a schedule that is defined now. */
export function anchorOf({ startAt }: ScheduleSpec, nowMs: number): number {
  return startAt === undefined ? Math.floor(nowMs / 1_000) * 1_000 : Date.parse(startAt);
}

/** Whether two specs have the same slots; if not, a schedule that takes the other begins anew. */
export function haveSameTimes(one: ScheduleSpec, other: ScheduleSpec): boolean {
  return canonicalJson(timesOf(one)) === canonicalJson(timesOf(other));
}

function timesOf(spec: ScheduleSpec): JsonValue {
  const { expression, timezone, startAt, endAt, jitterSeconds, calendars, onClosedDay } = spec;
  return {
    expression,
    timezone,
    jitterSeconds,
    onClosedDay,
    startAt: startAt ?? null,
    endAt: endAt ?? null,
    calendars: calendars ?? null,
  };
}

/** A new schedule; its slots are those after now. */
export function openSchedule(
  facts: Pick<Schedule, "tenant" | "name" | "spec" | "generation">,
  change: ScheduleChange,
): Schedule {
  const { nowMs, actor, mirror } = change;
  const { tenant, name, spec, generation } = facts;
  return marked(
    {
      tenant,
      name,
      spec,
      generation,
      revision: 1,
      state: "active",
      anchorMs: anchorOf(spec, nowMs),
      sinceMs: nowMs,
      handledMs: nowMs,
      recent: [],
      ...(mirror === undefined ? {} : { mirror }),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      updatedBy: actor,
    },
    undefined,
    change,
  );
}

/** What was due under the old times and has not been settled is passed over, and noted so. */
export function redefineSchedule(
  present: Schedule,
  spec: ScheduleSpec,
  change: ScheduleChange,
  /** As they were under the present spec. */
  oldSlots: SlotOrder,
): ChangedSchedule {
  const { nowMs } = change;
  const touched = touch({ ...present, spec }, change);
  if (haveSameTimes(present.spec, spec)) {
    return { schedule: marked(touched, undefined, change), settled: [] };
  }
  const settled = passedOver(present, oldSlots, nowMs, "the schedule's times were changed");
  const { paused } = present;
  const begun = beginAnew(
    {
      ...touched,
      anchorMs: anchorOf(spec, nowMs),
      state: paused === undefined ? "active" : "paused",
    },
    nowMs,
    settled,
  );
  return { schedule: marked(begun, undefined, change), settled };
}

/** A slot that waits for an instance to finish is given up. */
export function pauseSchedule(
  present: Schedule,
  change: ScheduleChange,
  reason: string | undefined,
): ChangedSchedule {
  const { nowMs, actor } = change;
  const { queued, ...rest } = touch(present, change);
  const settled =
    queued === undefined
      ? []
      : [runOf(present.generation, [queued], "skipped", "the schedule was paused", nowMs)];
  const paused: Schedule = {
    ...rest,
    state: "paused",
    paused: { atMs: nowMs, by: actor, ...(reason === undefined ? {} : { reason }) },
    recent: settled.reduce(withSlot, rest.recent),
  };
  return { schedule: marked(paused, undefined, change), settled };
}

/** Slots begin to count anew: what came while it was paused is noted and not fired. */
export function resumeSchedule(present: Schedule, change: ScheduleChange): ChangedSchedule {
  const { nowMs } = change;
  const { paused, ...touched } = touch(present, change);
  const settled = passedOver(present, change.slots, nowMs, "the schedule was paused");
  // A clock that is behind must not bring back slots that were settled before the pause.
  const sinceMs = Math.max(nowMs, markOf(present).dueMs);
  const begun = beginAnew({ ...touched, state: "active" }, sinceMs, settled);
  return { schedule: marked(begun, undefined, change), settled };
}

/** The slots that came and were not settled, as one run; and the one that waits for an instance. */
export function passedOver(
  schedule: Schedule,
  slots: SlotOrder,
  nowMs: number,
  reason: string,
): readonly Slot[] {
  const { generation, queued } = schedule;
  const due = slots.due(markOf(schedule), nowMs, limits.missedSlotsPerStep);
  const runs = [queued === undefined ? [] : [queued], due].filter(({ length }) => length > 0);
  return runs.map((fires) => runOf(generation, fires, "skipped", reason, nowMs));
}

/** The next generation, whose slots are those after an instant. */
function beginAnew(schedule: Schedule, sinceMs: number, settled: readonly Slot[]): Schedule {
  const { queued: _, handledDueMs: __, ...rest } = schedule;
  return {
    ...rest,
    generation: schedule.generation + 1,
    sinceMs,
    handledMs: sinceMs,
    recent: settled.reduce(withSlot, schedule.recent),
  };
}

function touch(present: Schedule, { nowMs, actor, mirror }: ScheduleChange): Schedule {
  return {
    ...present,
    ...(mirror === undefined ? {} : { mirror }),
    revision: present.revision + 1,
    updatedAtMs: nowMs,
    updatedBy: actor,
  };
}
