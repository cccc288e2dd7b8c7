import type { OperationId } from "../../shared/contract/http/routes.ts";
import type { Yard } from "./yard.ts";

const range = { from: "2026-11-19T00:00:00Z", to: "2026-11-20T00:00:00Z" };

const scheduleOperations: readonly OperationId[] = [
  "getSchedule",
  "deleteSchedule",
  "pauseSchedule",
  "resumeSchedule",
  "runSchedule",
  "listSlots",
  "startBackfill",
  "listBackfills",
  "getBackfill",
  "cancelBackfill",
];

/** What a path and a body of these operations need, in a yard that has the task "hello". */
export async function goodScheduleParts(
  yard: Yard,
  id: OperationId,
): Promise<{ readonly id?: string; readonly body?: object } | undefined> {
  const body = { expression: "cron(0 * * * ? *)", task: "hello" };
  if (id === "defineSchedule") return { body };
  if (id === "spreadSchedules") {
    await yard.call("PUT", "/v1/schedules/hello", { body });
    return { body: { schedules: [{ name: "hello", revision: 1, jitterSeconds: 60 }] } };
  }
  if (!scheduleOperations.includes(id)) return undefined;
  await yard.call("PUT", "/v1/schedules/hello", { body });
  if (id === "startBackfill") return { body: range };
  if (id !== "getBackfill" && id !== "cancelBackfill") return {};
  const started = await yard.call("POST", "/v1/schedules/hello/backfill", { body: range });
  return { id: started.body.id };
}
