import { limits } from "../../../../shared/core/limits.ts";
import { outputIdOf } from "../../../../shared/core/payload-ref.ts";
import { truncateUtf8 } from "../../../../shared/core/texts.ts";
import type { AttemptError, AttemptUsage } from "../../../../shared/instance/instance.ts";
import type { AttemptOrder } from "../../../../shared/ports/backend.ts";
import type { FromRunner, LogPiece } from "../../../runner/protocol.ts";
import type { ExecutorState, LocalAttempt } from "./executor-state.ts";

/** How an attempt's log is shared out, so that the whole stays within its limit. */
export const logShares = {
  headBytesMax: Math.floor(limits.logBytesMax / 2),
  tailBytesMax: Math.floor(limits.logBytesMax / 4),
  rawBytesMax: Math.floor(limits.logBytesMax / 8),
};

type Ending = Extract<FromRunner, { kind: "succeeded" | "failed" }>;

/** The runner's last word about an attempt becomes its final report. */
export function reportEnding(state: ExecutorState, attempt: LocalAttempt, ending: Ending): void {
  const { durationMs, cpuMs, memoryMb } = ending.usage;
  addLog(attempt, ending.log);
  if (!forget(state, attempt)) return;
  const { tenant, instanceId, attemptId, token } = attempt.order;
  const report = {
    tenant,
    instanceId,
    attemptId,
    token,
    usage: { durationMs, cpuMs, memoryMbPeak: Math.max(memoryMb, attempt.memoryMbPeak) },
    startedAtMs: startedAtMs(attempt, Math.round(state.clock.now() - durationMs)),
  };
  const log = logText(attempt);
  const logMember = log === undefined ? undefined : { log };
  if (ending.kind === "failed") {
    state.reports.push({ ...report, ...logMember, kind: "failed", error: ending.error });
  } else {
    const { output, outputRef } = ending;
    state.reports.push({
      ...report,
      ...logMember,
      kind: "succeeded",
      ...(output === undefined ? {} : { output }),
      ...(outputRef === undefined
        ? {}
        : { outputRef: { ...outputRef, id: outputIdOf(attemptId) } }),
    });
  }
}

/** The executor's own verdict about an attempt, when its runner cannot say anything any more. */
export function reportFailure(
  state: ExecutorState,
  attempt: LocalAttempt,
  error: AttemptError,
): void {
  const ran = attempt.place === "running";
  if (!forget(state, attempt)) return;
  const nowMs = state.clock.now();
  const sinceMs = attempt.begunAtMs || attempt.sentAtMs;
  const usage: AttemptUsage = {
    durationMs: nowMs - sinceMs,
    ...(attempt.memoryMbPeak === 0 ? {} : { memoryMbPeak: attempt.memoryMbPeak }),
  };
  const log = logText(attempt);
  state.reports.push({
    ...identity(attempt.order),
    kind: "failed",
    error: { ...error, message: truncateUtf8(error.message, limits.errorMessageBytesMax) },
    ...(ran ? { usage, startedAtMs: startedAtMs(attempt, sinceMs) } : {}),
    ...(log === undefined ? {} : { log }),
  });
}

/** From here on the attempt is over; false when it was before. */
export function forget(state: ExecutorState, attempt: LocalAttempt): boolean {
  if (attempt.place === "over") return false;
  if (attempt.place === "queued") {
    attempt.pool.queued -= 1;
    state.queued -= 1;
  }
  attempt.place = "over";
  state.attempts.delete(attempt.order.attemptId);
  state.recentAttempts.add(attempt.order.attemptId);
  return true;
}

/** What every report says about whom it is. */
export function identity({ tenant, instanceId, attemptId, token }: AttemptOrder) {
  return { tenant, instanceId, attemptId, token };
}

export function addLog(attempt: LocalAttempt, piece: LogPiece | undefined): void {
  if (piece === undefined) return;
  if (piece.head !== undefined) attempt.logHead += piece.head;
  if (piece.tail !== undefined) attempt.logTail = piece;
}

function logText(attempt: LocalAttempt): string | undefined {
  let text = attempt.logHead;
  if (attempt.logTail !== undefined) text += gap(attempt.logTail) + (attempt.logTail.tail ?? "");
  const raw = attempt.rawLog?.take();
  if (raw !== undefined) {
    const separator = text === "" || text.endsWith("\n") ? "" : "\n";
    text += separator + gap(raw) + (raw.tail ?? "");
  }
  // The shares leave room for the marks; a runner that lies about its log is cut here.
  return text === "" ? undefined : truncateUtf8(text, limits.logBytesMax);
}

function gap({ cutBytes = 0 }: LogPiece): string {
  return cutBytes === 0 ? "" : `\n[${cutBytes} bytes of output are left out here]\n`;
}

function startedAtMs(attempt: LocalAttempt, measuredAtMs: number): number {
  if (attempt.startReportedAtMs > 0) return attempt.startReportedAtMs;
  return Math.max(attempt.sentAtMs, measuredAtMs);
}
