import { limits } from "../../shared/core/limits.ts";
import type { RecordHint } from "../../shared/ports/record-hints.ts";
import { mirrorWakeAtMs } from "../../shared/schedule/mirrored.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import type { RecordingEngine } from "./engine.ts";

/** Whoever fires slots elsewhere may have a clock that is a little ahead. */
const earlyMsMax = 5_000;

/**
 * Has a schedule looked at in time, where that is so soon that the timekeeper might come too late, and
 * has those outside told of it. Lost hints cost time only: its wake comes back to it.
 */
export async function hintSchedule(
  { recordHints, clock }: Pick<RecordingEngine, "recordHints" | "clock">,
  schedule: Schedule,
  when: "now" | "in time",
): Promise<void> {
  if (recordHints === undefined) return;
  const { tenant, name, wakeAtMs, nextDueMs, mirror, state } = schedule;
  const nowMs = clock.now();
  const hints: RecordHint[] = [];
  const dueMs = state === "active" ? nextDueMs : undefined;
  const lookAtMs = dueMs !== undefined && dueMs - nowMs <= earlyMsMax ? dueMs : wakeAtMs;
  if (when === "now") hints.push({ kind: "schedule", tenant, name });
  else if (lookAtMs !== undefined && lookAtMs - nowMs <= limits.timekeeperHorizonMs) {
    if (lookAtMs > nowMs) hints.push({ kind: "schedule", tenant, name, notBeforeMs: lookAtMs });
  }
  const tellAtMs = mirrorWakeAtMs(mirror);
  const isNew = mirror?.state === "pending" && mirror.tries === undefined;
  if (tellAtMs !== undefined && (isNew || tellAtMs <= nowMs)) {
    hints.push({ kind: "mirror", of: "schedule", tenant, name });
  }
  if (hints.length > 0) await recordHints.send(hints);
}
