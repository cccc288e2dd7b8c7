import { lookAtBackfill } from "../intake/look-at-backfill.ts";
import { lookAtSchedule } from "../intake/look-at-schedule.ts";
import type { Engine } from "../runtime/engine.ts";
import type { RecordLooks } from "./record-queue.ts";

/** What the intake function does on AWS when schedules and backfills are to be looked at. */
export function scheduleLooks(engine: () => Engine): RecordLooks {
  return {
    schedule: ({ tenant, name }) => lookAtSchedule(engine(), tenant, name),
    backfill: ({ tenant, name, id }) => lookAtBackfill(engine(), tenant, name, id),
  };
}
