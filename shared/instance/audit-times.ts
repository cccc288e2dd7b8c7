import { limits } from "../core/limits.ts";
import type { Finding } from "./audit.ts";
import { isHistoryCut } from "./audit-history.ts";
import { type Attempt, type Instance, liveAttempt } from "./instance.ts";
import { handOverMsMax, overdueAtMs } from "./wake.ts";

/**
 * Entries are stamped by whichever handler wrote them, and two clocks may each be off by minutes;
 * only what goes back further than that is an error.
 */
const clockToleranceMs = 10 * 60_000;

/** The times: in order, nothing early, nothing past its last moment, and a wake that is not too far. */
export function auditTimes(instance: Instance): readonly Finding[] {
  return [...order(instance), ...bounds(instance), ...wake(instance)];
}

function order(instance: Instance): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (detail: string) => findings.push({ invariant: "I30 clock safety", detail });
  let latestMs = instance.createdAtMs;
  for (const { atMs, version } of instance.history) {
    if (atMs < latestMs - clockToleranceMs) {
      add(`version ${version} was made ${latestMs - atMs} ms before an earlier version`);
    }
    latestMs = Math.max(latestMs, atMs);
  }
  if (!isHistoryCut(instance) && instance.history[0]?.atMs !== instance.createdAtMs) {
    add("its first entry is not of the time of its creation");
  }
  if (instance.finishedAtMs !== undefined && !wasMadeAt(instance, instance.finishedAtMs)) {
    add("finishedAtMs is not the time of its last entry");
  }
  for (const attempt of instance.attempts) {
    const { number, claimedAtMs, startedAtMs, heartbeatAtMs = 0, finishedAtMs } = attempt;
    if (Math.max(startedAtMs ?? claimedAtMs, heartbeatAtMs) > latestMs + clockToleranceMs) {
      add(`attempt ${number} lies in the future of every change`);
    }
    if (startedAtMs !== undefined && startedAtMs < claimedAtMs) {
      add(`attempt ${number} started before it was claimed`);
    }
    if (finishedAtMs !== undefined && finishedAtMs < (startedAtMs ?? claimedAtMs)) {
      add(`attempt ${number} finished before it started`);
    }
  }
  return findings;
}

function wasMadeAt(instance: Instance, atMs: number): boolean {
  return instance.history.at(-1)?.atMs === atMs;
}

function bounds(instance: Instance): readonly Finding[] {
  const findings: Finding[] = [];
  const { state, startByMs = Infinity, deadlineAtMs = Infinity, dueAtMs, attempts } = instance;
  const last = attempts.at(-1);
  const ending = instance.history.at(-1);
  // dueAtMs is that of the newest attempt unless the instance went back to pending after it.
  if (last !== undefined && (liveAttempt(instance) === last || ending?.attempt === last.number)) {
    if (state !== "pending" && last.claimedAtMs < dueAtMs) {
      findings.push({
        invariant: "I10 not early",
        detail: `attempt ${last.number} was claimed ${dueAtMs - last.claimedAtMs} ms before it was due`,
      });
    }
  }
  const add = (detail: string) => findings.push({ invariant: "I15 timeouts", detail });
  let begun: Attempt | undefined;
  for (const attempt of attempts.filter(({ round }) => round === instance.round)) {
    const { number, claimedAtMs } = attempt;
    if (claimedAtMs >= deadlineAtMs) add(`attempt ${number} was claimed after the deadline`);
    if (begun === undefined && claimedAtMs >= startByMs) {
      add(`attempt ${number} was claimed after the last moment to start`);
    }
    if (attempt.startedAtMs !== undefined) begun = attempt;
  }
  if (state === "expired" && (begun !== undefined || !((ending?.atMs ?? 0) >= startByMs))) {
    add("it expired although it had started, or before its last moment to start");
  }
  return findings;
}

/** How long whoever waits in a line may go without a look; where starts are rare, until its turn. */
function lineWaitMsMax(waitingFor: string): number {
  if (waitingFor.startsWith("rate:")) {
    return (limits.linePageSize + 1) * limits.ratePerSecondsMax * 1_000;
  }
  return Math.max(limits.lineRecheckMsMax, limits.pausedRecheckMs);
}

/** A wake may be early, never so late that overdue work waits for it. */
function wake(instance: Instance): readonly Finding[] {
  const { state, wakeAtMs, deadlineAtMs = Infinity } = instance;
  if (wakeAtMs === undefined) return [];
  const madeAtMs = instance.history.at(-1)?.atMs ?? 0;
  const live = liveAttempt(instance);
  let latestMs = deadlineAtMs;
  if (state === "pending" && instance.waiting === "paused") {
    latestMs = Math.min(latestMs, madeAtMs + limits.pausedRecheckMs);
  } else if (state === "pending" && instance.waiting === "capacity") {
    // By a clock that went back it may not even be due yet; then its due time is soon enough.
    latestMs = Math.min(
      latestMs,
      Math.max(instance.dueAtMs, madeAtMs + limits.capacityRecheckMsMax),
    );
  } else if (state === "pending" && instance.waitingFor !== undefined) {
    // When it looks again is made out before the write, by a clock that may have gone back since.
    const waitMsMax = lineWaitMsMax(instance.waitingFor) + clockToleranceMs;
    latestMs = Math.min(latestMs, Math.max(instance.dueAtMs, madeAtMs) + waitMsMax);
  } else if (state === "pending") {
    latestMs = Math.min(latestMs, Math.max(instance.dueAtMs, madeAtMs));
  } else if (state === "dispatched") {
    latestMs = Math.min(
      latestMs,
      madeAtMs + (live === undefined ? 0 : handOverMsMax(instance, live)),
    );
  } else if (live !== undefined) {
    latestMs = Math.min(latestMs, overdueAtMs(instance, live) + limits.handOverMs);
  }
  if (wakeAtMs <= latestMs) return [];
  return [
    {
      invariant: "I28 progress",
      detail: `it is ${state} and its wake comes ${wakeAtMs - latestMs} ms too late`,
    },
  ];
}
