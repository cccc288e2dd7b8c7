import { type Trigger, TriggerSpec } from "../../../shared/event/trigger.ts";
import { type Schedule, ScheduleSpec } from "../../../shared/schedule/schedule.ts";

export const nowMs = 1_795_208_400_000;

/** A schedule as its definition leaves it. */
export function scheduleRecord(spec: object = {}, more: Partial<Schedule> = {}): Schedule {
  return {
    tenant: "acme",
    name: "nightly",
    spec: ScheduleSpec.parse({ expression: "cron(30 2 * * ? *)", task: "report", ...spec }),
    generation: 3,
    revision: 1,
    state: "active",
    anchorMs: nowMs - 1_000,
    sinceMs: nowMs - 1_000,
    handledMs: nowMs - 1_000,
    nextNominalMs: nowMs + 3_600_000,
    recent: [],
    createdAtMs: nowMs - 1_000,
    updatedAtMs: nowMs - 1_000,
    updatedBy: "tester",
    ...more,
  };
}

export function triggerRecord(spec: object = {}, more: Partial<Trigger> = {}): Trigger {
  return {
    tenant: "acme",
    name: "uploads",
    spec: TriggerSpec.parse({ pattern: { source: ["shop"] }, task: "thumbs", ...spec }),
    createdAtMs: nowMs - 1_000,
    updatedAtMs: nowMs - 1_000,
    updatedBy: "tester",
    ...more,
  };
}
