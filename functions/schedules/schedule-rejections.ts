import type { Rejection } from "../../shared/core/errors.ts";

export function scheduleNotFound(name: string): Rejection {
  return {
    code: "schedule_not_found",
    detail: `there is no schedule "${name}"`,
    pointer: "name",
    suggestion:
      "list the schedules with GET /v1/schedules, or define this one with PUT /v1/schedules/{name}",
  };
}

export function backfillNotFound(schedule: string, id: string): Rejection {
  return {
    code: "backfill_not_found",
    detail: `the schedule "${schedule}" has no backfill "${id}"`,
    pointer: "id",
    suggestion: `list them with GET /v1/schedules/${schedule}/backfills`,
  };
}

export function contendedSchedule(name: string): Rejection {
  return {
    code: "conflict",
    detail: `others keep changing the schedule ${name}; nothing was changed`,
    suggestion: "try again",
  };
}
