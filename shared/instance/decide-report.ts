import { decideRetry } from "../task/retry-policy.ts";
import { change, endOf, withLastAttempt } from "./change.ts";
import type { Decision, DecisionContext, InstanceCommand } from "./commands.ts";
import { errorClasses } from "./error-classes.ts";
import {
  type Attempt,
  type AttemptError,
  type AttemptOutcome,
  type AttemptUsage,
  type Instance,
  liveAttempt,
} from "./instance.ts";
import { wakeOfPending, wakeOfRunning } from "./wake.ts";

type CommandNamed<Name extends InstanceCommand["name"]> = Extract<InstanceCommand, { name: Name }>;

/** The attempt that speaks, if it is the one that may: fencing is here and nowhere else. */
function speaker(
  instance: Instance,
  from: { readonly attemptId: string; readonly token: string },
): Attempt | undefined {
  const live = liveAttempt(instance);
  return live !== undefined && live.id === from.attemptId && live.token === from.token
    ? live
    : undefined;
}

const stale: Decision = {
  outcome: "rejected",
  code: "attempt_not_current",
  reason: "the attempt was replaced or is finished; its report changes nothing",
};

export function decideConfirm(
  instance: Instance,
  command: CommandNamed<"confirm">,
  { nowMs }: DecisionContext,
): Decision {
  const live = speaker(instance, command);
  if (live === undefined) return stale;
  if (instance.state === "running") return alreadyConfirmed(instance, live, command, nowMs);
  const attempt: Attempt = {
    ...live,
    startedAtMs: startOf(live, command.startedAtMs, nowMs),
    ...(command.externalId === undefined ? {} : { externalId: command.externalId }),
  };
  return change(instance, {
    command: "confirm",
    to: "running",
    nowMs,
    reason: `${attempt.backend} has attempt ${attempt.number}`,
    attempt: attempt.number,
    patch: {
      attempts: withLastAttempt(instance, attempt),
      wakeAtMs: wakeOfRunning(instance, attempt, nowMs),
    },
  });
}

/** Where an attempt is confirmed before it starts, its name on the backend is learned afterwards. */
function alreadyConfirmed(
  instance: Instance,
  live: Attempt,
  { externalId }: CommandNamed<"confirm">,
  nowMs: number,
): Decision {
  if (externalId === undefined || live.externalId === externalId) {
    return { outcome: "unchanged", reason: "already confirmed" };
  }
  if (live.externalId !== undefined) {
    return {
      outcome: "rejected",
      code: "attempt_not_current",
      reason: `the attempt is run by ${live.externalId}, not by ${externalId}`,
    };
  }
  return change(instance, {
    command: "heartbeat",
    to: "running",
    nowMs,
    reason: `${live.backend} calls it ${externalId}`,
    attempt: live.number,
    patch: { attempts: withLastAttempt(instance, { ...live, externalId }) },
  });
}

export function decideHeartbeat(
  instance: Instance,
  command: CommandNamed<"heartbeat">,
  context: DecisionContext,
): Decision {
  const live = speaker(instance, command);
  if (live === undefined) return stale;
  if (instance.state === "dispatched") {
    return decideConfirm(
      instance,
      { ...command, name: "confirm", startedAtMs: command.atMs },
      context,
    );
  }
  const heardAtMs = Math.max(context.nowMs, live.startedAtMs ?? live.claimedAtMs);
  if (live.heartbeatAtMs !== undefined && heardAtMs <= live.heartbeatAtMs) {
    return { outcome: "unchanged", reason: "a newer heartbeat is known" };
  }
  const { progress } = command;
  const heard = { heartbeatAtMs: heardAtMs, ...(progress === undefined ? {} : { progress }) };
  // Silence is measured by our own clock, because a worker's may be off by more than it may be
  // silent. The wake stays where it is: when it comes, it looks at the newest heartbeat and moves on.
  return change(instance, {
    command: "heartbeat",
    to: "running",
    nowMs: context.nowMs,
    reason: "sign of life",
    attempt: live.number,
    patch: { attempts: withLastAttempt(instance, { ...live, ...heard }) },
  });
}

export function decideSucceed(
  instance: Instance,
  command: CommandNamed<"succeed">,
  { nowMs }: DecisionContext,
): Decision {
  const live = speaker(instance, command);
  if (live === undefined) return stale;
  const attempt = finished(live, "succeeded", nowMs, command);
  return change(instance, {
    command: "succeed",
    to: "succeeded",
    nowMs,
    reason: `attempt ${attempt.number} succeeded`,
    attempt: attempt.number,
    patch: {
      attempts: withLastAttempt(instance, attempt),
      output: command.output,
      outputRef: command.outputRef,
      error: undefined,
    },
  });
}

export function decideFail(
  instance: Instance,
  command: CommandNamed<"fail">,
  context: DecisionContext,
): Decision {
  const live = speaker(instance, command);
  if (live === undefined) return stale;
  const outcome = errorClasses[command.error.class].budget === "infrastructure" ? "lost" : "failed";
  const attempt = finished(
    live,
    command.error.class === "timeout" ? "timed_out" : outcome,
    context.nowMs,
    command,
  );
  return afterFailure(
    instance,
    { ...attempt, error: command.error },
    { ...context, command: command.error.class === "timeout" ? "timeOut" : "fail" },
    command.random,
  );
}

/** Ends an attempt that failed: back to pending for another one, or final. */
export function afterFailure(
  instance: Instance,
  ended: Attempt & { readonly error: AttemptError },
  context: DecisionContext & { readonly command: "fail" | "timeOut" | "lapse" },
  random: number,
): Decision {
  const { nowMs, command } = context;
  const attempt = { ...ended, error: blameOf(instance, ended) };
  const infrastructure = errorClasses[attempt.error.class].budget === "infrastructure";
  const taskFailures = instance.taskFailures + (infrastructure ? 0 : 1);
  const infraFailures = instance.infraFailures + (infrastructure ? 1 : 0);
  const verdict = decideRetry(
    context.retry,
    attempt.error,
    { taskAttempts: taskFailures, infraFailures },
    random,
  );
  const shared = {
    command,
    nowMs,
    attempt: attempt.number,
  };
  const counts = { attempts: withLastAttempt(instance, attempt), taskFailures, infraFailures };
  const retryAtMs = verdict.retry ? nowMs + verdict.delayMs : undefined;
  const tooLate = retryAtMs !== undefined && retryAtMs >= (instance.deadlineAtMs ?? Infinity);
  if (retryAtMs === undefined || tooLate) {
    const why = tooLate ? "the next try would start after the total time limit" : verdict.reason;
    return change(instance, {
      ...shared,
      to: command === "timeOut" ? "timed_out" : "failed",
      reason: `${attempt.error.class}; ${why}`,
      patch: { ...counts, error: attempt.error },
    });
  }
  return change(instance, {
    ...shared,
    to: "pending",
    reason: verdict.reason,
    patch: {
      ...counts,
      waiting: "backoff",
      dueAtMs: retryAtMs,
      wakeAtMs: wakeOfPending({ ...instance, attempts: counts.attempts }, retryAtMs),
    },
  });
}

/**
 * An attempt that ran out of its backend's time, not of its own, was put into the wrong place: that is
 * our error once. If it happens again in the same round, no bigger place was there, and it counts.
 */
function blameOf(
  instance: Instance,
  attempt: Attempt & { readonly error: AttemptError },
): AttemptError {
  const { error, timeoutMs } = attempt;
  const cutShort = timeoutMs !== undefined && timeoutMs < instance.timeoutSeconds * 1_000;
  if (error.class !== "timeout" || !cutShort) return error;
  const before = instance.attempts.some(
    ({ round, error: earlier }) => round === instance.round && earlier?.class === "outgrown",
  );
  if (before) return error;
  return {
    class: "outgrown",
    message: `it needed more than the ${timeoutMs / 1_000} s that ${attempt.backend} can give`,
  };
}

function finished(
  attempt: Attempt,
  outcome: AttemptOutcome,
  nowMs: number,
  report: {
    readonly usage?: AttemptUsage;
    readonly startedAtMs?: number;
    readonly externalId?: string;
  },
): Attempt {
  const { startedAtMs = startOf(attempt, report.startedAtMs, nowMs) } = attempt;
  return {
    ...attempt,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(report.usage === undefined ? {} : { usage: report.usage }),
    ...(report.externalId === undefined ? {} : { externalId: report.externalId }),
    outcome,
    finishedAtMs: endOf(
      { ...attempt, ...(startedAtMs === undefined ? {} : { startedAtMs }) },
      nowMs,
    ),
  };
}

/**
 * When an attempt began, as far as its worker's clock can be believed: not before its claim, and not
 * in the future, where its time limit would never come.
 */
function startOf(attempt: Attempt, saidMs: number, nowMs: number): number;
function startOf(attempt: Attempt, saidMs: number | undefined, nowMs: number): number | undefined;
function startOf(
  { claimedAtMs }: Attempt,
  saidMs: number | undefined,
  nowMs: number,
): number | undefined {
  return saidMs === undefined ? undefined : Math.max(Math.min(saidMs, nowMs), claimedAtMs);
}
