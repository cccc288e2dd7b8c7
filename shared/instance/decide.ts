import { limits } from "../core/limits.ts";
import { decideAmend } from "./amend-instance.ts";
import { change, endOf, withNewAttempt } from "./change.ts";
import type { Decision, DecisionContext, InstanceCommand } from "./commands.ts";
import { decideConfirm, decideFail, decideHeartbeat, decideSucceed } from "./decide-report.ts";
import { decideWake } from "./decide-wake.ts";
import { type Attempt, type Instance, liveAttempt } from "./instance.ts";
import { type InstanceCommandName, isTerminal, movesFrom, statesAllowing } from "./moves.ts";
import { capacityRecheckMs, isTooLateToStart, wakeOfDispatched, wakeOfPending } from "./wake.ts";

type CommandNamed<Name extends InstanceCommand["name"]> = Extract<InstanceCommand, { name: Name }>;

/**
 * What a command does to an instance: pure, total, always with a reason. The caller saves `next`
 * on the condition that the record still has the version decided upon.
 */
export function decide(
  instance: Instance,
  command: InstanceCommand,
  context: DecisionContext,
): Decision {
  switch (command.name) {
    case "claim":
      return decideClaim(instance, command, context);
    case "confirm":
      return decideConfirm(instance, command, context);
    case "heartbeat":
      return decideHeartbeat(instance, command, context);
    case "succeed":
      return decideSucceed(instance, command, context);
    case "fail":
      return decideFail(instance, command, context);
    case "reject":
      return decideReject(instance, command, context);
    case "hold":
      return decideHold(instance, command, context);
    case "amend":
      return movesFrom(instance.state, "amend").length === 0
        ? forbidden(instance, "amend")
        : decideAmend(instance, command, context);
    case "release":
      return decideRelease(instance, command, context);
    case "approve":
      return decideApprove(instance, command, context);
    case "cancel":
      return decideCancel(instance, command, context);
    case "retry":
      return decideRetryByHand(instance, command, context);
    case "wake":
      return decideWake(instance, command, context);
  }
}

function decideClaim(
  instance: Instance,
  command: CommandNamed<"claim">,
  { nowMs }: DecisionContext,
): Decision {
  if (instance.state !== "pending") return forbidden(instance, "claim");
  if (nowMs < instance.dueAtMs) return { outcome: "unchanged", reason: "not due yet" };
  if (isTooLateToStart(instance, nowMs)) {
    return { outcome: "unchanged", reason: "its last moment to start has passed" };
  }
  if (nowMs >= (instance.deadlineAtMs ?? Infinity)) {
    return { outcome: "unchanged", reason: "its total time is over" };
  }
  const attempt: Attempt = {
    number: instance.attemptCount + 1,
    id: command.attemptId,
    token: command.token,
    round: instance.round,
    backend: command.backend,
    claimedAtMs: nowMs,
    ...command.terms,
    ...(command.receipt === undefined ? {} : { receipt: command.receipt }),
    ...(command.held === undefined ? {} : { held: command.held }),
  };
  return change(instance, {
    command: "claim",
    to: "dispatched",
    nowMs,
    reason: `attempt ${attempt.number} on ${command.backend}`,
    attempt: attempt.number,
    patch: {
      waiting: undefined,
      waitingFor: undefined,
      wakeAtMs: wakeOfDispatched(instance, attempt, nowMs),
      attemptCount: attempt.number,
      attempts: withNewAttempt(instance, attempt),
    },
    effects: [{ kind: "start", attempt }],
  });
}

function decideReject(
  instance: Instance,
  { error }: CommandNamed<"reject">,
  { nowMs }: DecisionContext,
): Decision {
  if (instance.state !== "pending") return forbidden(instance, "fail");
  return change(instance, {
    command: "fail",
    to: "failed",
    nowMs,
    reason: error.message,
    patch: { error },
  });
}

function decideHold(
  instance: Instance,
  { reason, waiting = "paused", waitingFor, recheckAtMs }: CommandNamed<"hold">,
  { nowMs }: DecisionContext,
): Decision {
  if (instance.state !== "pending") return forbidden(instance, "hold");
  const recheckMs =
    waiting === "paused" ? limits.pausedRecheckMs : capacityRecheckMs(instance, nowMs);
  return change(instance, {
    command: "hold",
    to: "pending",
    nowMs,
    reason,
    patch: {
      waiting,
      waitingFor,
      wakeAtMs: wakeOfPending(instance, recheckAtMs ?? nowMs + recheckMs),
    },
  });
}

function decideRelease(
  instance: Instance,
  { reason }: CommandNamed<"release">,
  { nowMs }: DecisionContext,
): Decision {
  if (instance.state !== "pending" || instance.waiting !== "paused") {
    return { outcome: "unchanged", reason: "it is not held" };
  }
  return change(instance, {
    command: "rearm",
    to: "pending",
    nowMs,
    reason,
    patch: {
      waiting: "due",
      waitingFor: undefined,
      wakeAtMs: wakeOfPending(instance, Math.max(nowMs, instance.dueAtMs)),
    },
  });
}

function decideApprove(
  instance: Instance,
  { actor, reason }: CommandNamed<"approve">,
  { nowMs }: DecisionContext,
): Decision {
  if (instance.state !== "pending") return forbidden(instance, "approve");
  if (instance.approvedBy !== undefined) {
    return { outcome: "unchanged", reason: "already approved" };
  }
  if (instance.waiting !== "approval") {
    return {
      outcome: "rejected",
      code: "illegal_transition",
      reason: `it does not wait for approval; it is pending because of "${instance.waiting}"`,
    };
  }
  return change(instance, {
    command: "approve",
    to: "pending",
    nowMs,
    actor,
    reason: reason ?? "approved on request",
    patch: {
      approvedBy: actor,
      waiting: "due",
      waitingFor: undefined,
      wakeAtMs: wakeOfPending(instance, Math.max(nowMs, instance.dueAtMs)),
    },
  });
}

function decideCancel(
  instance: Instance,
  { actor, reason }: CommandNamed<"cancel">,
  { nowMs }: DecisionContext,
): Decision {
  if (instance.state === "cancelled") return { outcome: "unchanged", reason: "already cancelled" };
  if (isTerminal(instance.state)) return forbidden(instance, "cancel");
  const live = liveAttempt(instance);
  const ended: Attempt | undefined =
    live === undefined
      ? undefined
      : { ...live, outcome: "cancelled", finishedAtMs: endOf(live, nowMs) };
  return change(instance, {
    command: "cancel",
    to: "cancelled",
    nowMs,
    actor,
    reason: reason ?? "cancelled on request",
    patch: {
      attempts:
        ended === undefined ? instance.attempts : [...instance.attempts.slice(0, -1), ended],
    },
    ...(live === undefined
      ? {}
      : { attempt: live.number, effects: [{ kind: "stop" as const, attempt: live }] }),
  });
}

function decideRetryByHand(
  instance: Instance,
  { actor, reason }: CommandNamed<"retry">,
  { nowMs }: DecisionContext,
): Decision {
  if (movesFrom(instance.state, "retry").length === 0) return forbidden(instance, "retry");
  if (instance.round >= limits.roundsMax) {
    return {
      outcome: "rejected",
      code: "illegal_transition",
      reason: `it has been retried ${limits.roundsMax - 1} times already; submit a new instance`,
    };
  }
  const deadlineAtMs =
    instance.totalTimeoutSeconds === undefined
      ? undefined
      : nowMs + instance.totalTimeoutSeconds * 1_000;
  return change(instance, {
    command: "retry",
    to: "pending",
    nowMs,
    actor,
    reason: reason ?? "retried on request",
    patch: {
      waiting: "due",
      dueAtMs: nowMs,
      wakeAtMs: nowMs,
      startByMs: undefined,
      deadlineAtMs,
      // An approval was for the costs of the round in which it was given.
      approvedBy: undefined,
      round: instance.round + 1,
      taskFailures: 0,
      infraFailures: 0,
      output: undefined,
      error: undefined,
      finishedAtMs: undefined,
    },
  });
}

function forbidden(instance: Instance, command: InstanceCommandName): Decision {
  const allowed = statesAllowing(command);
  return {
    outcome: "rejected",
    code: "illegal_transition",
    reason: `${command} is not possible while the instance is ${instance.state}; it needs ${allowed.join(", ")}`,
  };
}
