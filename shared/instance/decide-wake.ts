import { change, endOf, withLastAttempt } from "./change.ts";
import type { Decision, DecisionContext, InstanceCommand } from "./commands.ts";
import { afterFailure, decideConfirm } from "./decide-report.ts";
import type { ErrorClass } from "./error-classes.ts";
import { type Attempt, type Instance, liveAttempt } from "./instance.ts";
import { isTerminal } from "./moves.ts";
import {
  isTooLateToStart,
  overdueAtMs,
  silentAtMs,
  wakeOfDispatched,
  wakeOfPending,
  wakeOfRunning,
} from "./wake.ts";

type Wake = Extract<InstanceCommand, { name: "wake" }>;

/** What is overdue for this instance, if anything; a claim is not decided here but by routing. */
export function decideWake(instance: Instance, command: Wake, context: DecisionContext): Decision {
  const { nowMs } = context;
  if (isTerminal(instance.state)) return { outcome: "unchanged", reason: "it is finished" };
  if (instance.deadlineAtMs !== undefined && nowMs >= instance.deadlineAtMs) {
    return timeOutInTotal(instance, nowMs);
  }
  switch (instance.state) {
    case "pending":
      return wakePending(instance, nowMs);
    case "dispatched":
      return wakeDispatched(instance, command, context);
    default:
      return wakeRunning(instance, command, context);
  }
}

function wakePending(instance: Instance, nowMs: number): Decision {
  if (isTooLateToStart(instance, nowMs)) {
    return change(instance, {
      command: "expire",
      to: "expired",
      nowMs,
      reason: "not started by its last moment to start",
      patch: {},
    });
  }
  if (nowMs >= instance.dueAtMs) return { outcome: "unchanged", reason: "due" };
  return rearmWhenWoken(instance, wakeOfPending(instance, instance.dueAtMs), nowMs);
}

function wakeDispatched(instance: Instance, command: Wake, context: DecisionContext): Decision {
  const live = liveAttempt(instance);
  if (live === undefined || context.nowMs < (instance.wakeAtMs ?? 0)) {
    return { outcome: "unchanged", reason: "handed over a moment ago" };
  }
  if (command.sighting === "running") {
    // Its start report was lost. From now on its time limit counts, or nothing would ever end it.
    const { id: attemptId, token } = live;
    const startedAtMs = context.nowMs;
    return decideConfirm(instance, { name: "confirm", attemptId, token, startedAtMs }, context);
  }
  if (command.sighting === "queued") {
    return change(instance, {
      command: "rearm",
      to: "dispatched",
      nowMs: context.nowMs,
      reason: `${live.backend} still has the attempt in line`,
      attempt: live.number,
      patch: { wakeAtMs: wakeOfDispatched(instance, live, context.nowMs) },
    });
  }
  return giveUp(instance, live, "lapse", "hand_over_lost", command, context);
}

function wakeRunning(instance: Instance, command: Wake, context: DecisionContext): Decision {
  const { nowMs } = context;
  const live = liveAttempt(instance);
  if (live === undefined) return { outcome: "unchanged", reason: "no live attempt" };
  if (nowMs >= (silentAtMs(instance, live) ?? Infinity)) {
    return giveUp(instance, live, "lapse", "worker_lost", command, context);
  }
  if (nowMs >= overdueAtMs(instance, live)) {
    return giveUp(instance, live, "timeOut", "timeout", command, context);
  }
  if (command.sighting === "gone") {
    const message = "its backend no longer has the attempt, and no news of its end has come";
    return giveUp(instance, live, "lapse", "worker_lost", command, context, message);
  }
  const nextWakeAtMs = wakeOfRunning({ ...instance, wakeAtMs: 0 }, live, nowMs);
  return rearmWhenWoken(instance, nextWakeAtMs, nowMs);
}

const giveUpMessages = {
  hand_over_lost: "the backend never confirmed the attempt",
  worker_lost: "the attempt gave no sign of life within its heartbeat time",
  timeout: "the attempt did not finish within its time",
} as const satisfies Partial<Record<ErrorClass, string>>;

function giveUp(
  instance: Instance,
  live: Attempt,
  command: "lapse" | "timeOut",
  errorClass: keyof typeof giveUpMessages,
  { random }: Wake,
  context: DecisionContext,
  message: string = giveUpMessages[errorClass],
): Decision {
  const attempt = {
    ...live,
    outcome: errorClass === "timeout" ? ("timed_out" as const) : ("lost" as const),
    finishedAtMs: endOf(live, context.nowMs),
    error: { class: errorClass, message },
  };
  const decision = afterFailure(instance, attempt, { ...context, command }, random);
  if (decision.outcome !== "changed") return decision;
  return { ...decision, effects: [...decision.effects, { kind: "stop", attempt: live }] };
}

function timeOutInTotal(instance: Instance, nowMs: number): Decision {
  const live = liveAttempt(instance);
  const error = {
    class: "timeout" as const,
    message: `not finished within its total time of ${instance.totalTimeoutSeconds} s`,
  };
  const ended: Attempt | undefined =
    live === undefined
      ? undefined
      : { ...live, outcome: "timed_out", finishedAtMs: endOf(live, nowMs), error };
  return change(instance, {
    command: "timeOut",
    to: "timed_out",
    nowMs,
    reason: error.message,
    ...(live === undefined
      ? {}
      : { attempt: live.number, effects: [{ kind: "stop" as const, attempt: live }] }),
    patch: {
      error,
      ...(ended === undefined ? {} : { attempts: withLastAttempt(instance, ended) }),
    },
  });
}

/** Moves the wake on when it has come without anything to do; otherwise leaves it. */
function rearmWhenWoken(instance: Instance, nextWakeAtMs: number, nowMs: number): Decision {
  if (instance.wakeAtMs !== undefined && nowMs < instance.wakeAtMs) {
    return { outcome: "unchanged", reason: "nothing is due before its wake-up time" };
  }
  return change(instance, {
    command: "rearm",
    to: instance.state,
    nowMs,
    reason: "woken early; nothing is overdue yet",
    patch: { wakeAtMs: nextWakeAtMs },
  });
}
