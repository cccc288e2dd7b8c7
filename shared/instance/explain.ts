import { limits } from "../core/limits.ts";
import { pauseOfTask } from "../limit/gate-names.ts";
import { type Receipt, waitsForCapacity } from "../routing/receipt.ts";
import type { TaskHead, TaskVersion } from "../task/task.ts";
import type { ExplainedGate } from "./explained-gate.ts";
import { type Attempt, type Instance, liveAttempt } from "./instance.ts";
import { movesFrom } from "./moves.ts";
import { tellGate } from "./tell-gate.ts";
import { overdueAtMs, silentAtMs } from "./wake.ts";

export interface ExplanationFacts {
  readonly nowMs: number;
  readonly definition: TaskVersion;
  /** The task's pause, if it is paused now. */
  readonly paused?: TaskHead["paused"];
  /** What routing would decide now, for an instance that waits for an attempt. */
  readonly planned?: Receipt;
  /** Everything between it and its next attempt; empty for one that waits for none. */
  readonly gates?: readonly ExplainedGate[];
}

export interface Explanation {
  /** What the instance is doing or waiting for, in one sentence. */
  readonly summary: string;
  readonly facts: readonly string[];
  /** When the next thing happens by itself, and what. */
  readonly nextAtMs?: number;
  readonly nextStep?: string;
  readonly actions: readonly ("cancel" | "retry" | "resume_task" | "approve")[];
}

export type Told = Omit<Explanation, "actions">;

/** Says why an instance is where it is, from the same records that decide. */
export function explain(instance: Instance, facts: ExplanationFacts): Explanation {
  const told = tell(instance, facts);
  return {
    ...told,
    facts: [...told.facts, ...boundsOf(instance)],
    actions: actionsFor(instance, facts),
  };
}

function tell(instance: Instance, facts: ExplanationFacts): Told {
  switch (instance.state) {
    case "pending":
      return tellPending(instance, facts);
    case "dispatched":
    case "running":
      return tellLive(instance);
    default:
      return tellFinished(instance);
  }
}

function tellPending(instance: Instance, facts: ExplanationFacts): Told {
  const { paused, planned, nowMs } = facts;
  if (paused !== undefined && nowMs >= instance.dueAtMs) {
    const because = paused.reason === undefined ? "" : `: ${paused.reason}`;
    return {
      summary: `It waits because the task ${instance.task} is paused.`,
      facts: [`${paused.by} paused the task at ${at(paused.atMs)}${because}`],
      ...next(instance.wakeAtMs, "it is looked at again, and held on if the task is still paused"),
    };
  }
  const here = facts.gates?.find(({ state }) => state === "waiting");
  const told = here === undefined ? undefined : tellGate(instance, here);
  if (told !== undefined) return told;
  if (instance.waiting === "paused" && !isHeldByTask(instance)) {
    return {
      summary: "It was held by a pause that is over.",
      facts: [],
      ...next(instance.wakeAtMs, "it is let go"),
    };
  }
  if (instance.waiting === "paused") {
    return {
      summary: `It was held because the task ${instance.task} was paused; the task runs again.`,
      facts: ["resuming the task once more lets it go at once"],
      ...next(instance.wakeAtMs, "it is let go"),
    };
  }
  if (planned !== undefined && waitsForCapacity(planned)) {
    return {
      summary: capacitySummary(planned),
      facts: exclusionsOf(planned),
      ...next(
        Math.max(instance.dueAtMs, instance.wakeAtMs ?? 0),
        "it is looked at again, and goes to the first of them that takes it",
      ),
    };
  }
  if (planned !== undefined && planned.chosen === undefined) {
    return {
      summary: "No backend can run it.",
      facts: exclusionsOf(planned),
      ...next(instance.dueAtMs, "it fails, unless a backend can run it by then"),
    };
  }
  const where = planned?.chosen === undefined ? "a backend" : planned.chosen;
  if (instance.waiting === "capacity" && nowMs >= instance.dueAtMs) {
    return {
      summary: `It waited for a backend to take it; ${where} does now.`,
      facts: planned === undefined ? [] : exclusionsOf(planned),
      ...next(instance.wakeAtMs, `attempt ${instance.attemptCount + 1} goes to ${where}`),
    };
  }
  if (instance.waiting === "backoff") {
    return {
      summary: `Attempt ${instance.attemptCount} failed; it is tried again at ${at(instance.dueAtMs)}.`,
      facts: [...failureOf(instance.attempts.at(-1)), ...budgetsOf(instance, facts.definition)],
      ...next(instance.dueAtMs, `attempt ${instance.attemptCount + 1} goes to ${where}`),
    };
  }
  if (nowMs < instance.dueAtMs) {
    return {
      summary: `It waits for its start time, ${at(instance.dueAtMs)}.`,
      facts: [`submitted at ${at(instance.createdAtMs)} by ${instance.submittedBy}`],
      ...next(instance.dueAtMs, `attempt ${instance.attemptCount + 1} goes to ${where}`),
    };
  }
  return {
    summary: `It is due since ${at(instance.dueAtMs)} and is about to go to ${where}.`,
    facts: ["the dispatcher looks at it when its hint arrives, or else within about a minute"],
    ...next(instance.wakeAtMs, `attempt ${instance.attemptCount + 1} goes to ${where}`),
  };
}

function capacitySummary({ candidates }: Receipt): string {
  const names = candidates
    .filter(({ temporary }) => temporary === true)
    .map(({ backend }) => backend);
  return `It waits for ${names.join(" or ")} to take work again.`;
}

/** Why each of the others cannot have it. */
function exclusionsOf({ candidates }: Receipt): readonly string[] {
  return candidates
    .filter(({ feasible }) => !feasible)
    .map(({ backend, exclusions }) => `${backend}: ${exclusions.join(", ")}`);
}

function tellLive(instance: Instance): Told {
  const live = liveAttempt(instance);
  if (live === undefined) return { summary: `It is ${instance.state}.`, facts: [] };
  const { slots = [], budgets = [] } = live.held ?? {};
  const routed = [
    ...(live.receipt === undefined ? [] : [`routing: ${live.receipt.reason}`]),
    ...slots.map(({ gate }) => `it holds a slot of ${gate}`),
    ...budgets.map(
      ({ budget, microUsd }) => `$${microUsd / 1_000_000} of the budget of ${budget} are set aside`,
    ),
  ];
  if (live.startedAtMs === undefined) {
    return {
      summary: `Attempt ${live.number} was handed to ${live.backend} at ${at(live.claimedAtMs)} and has not begun yet.`,
      facts: routed,
      ...next(instance.wakeAtMs, `${live.backend} is asked about it, and it is given up if lost`),
    };
  }
  const silentAt = silentAtMs(instance, live);
  const overdueAt = overdueAtMs(instance, live);
  return {
    summary: `Attempt ${live.number} runs on ${live.backend} since ${at(live.startedAtMs)}.`,
    facts: [
      ...routed,
      ...(live.heartbeatAtMs === undefined
        ? []
        : [`its last sign of life came at ${at(live.heartbeatAtMs)}`]),
    ],
    ...next(
      overdueAt,
      overdueAt === silentAt
        ? "it is given up unless it gives a sign of life before"
        : "it is given up unless it has finished",
    ),
  };
}

function tellFinished(instance: Instance): Told {
  const last = instance.attempts.at(-1);
  const ending = instance.history.at(-1);
  const finishedAt = at(instance.finishedAtMs ?? instance.createdAtMs);
  switch (instance.state) {
    case "succeeded":
      return {
        summary: `Attempt ${instance.attemptCount} on ${last?.backend ?? "its backend"} succeeded at ${finishedAt}.`,
        facts: [],
      };
    case "cancelled":
      return {
        summary: `${ending?.actor ?? "Someone"} cancelled it at ${finishedAt}.`,
        facts: [`reason: ${ending?.reason ?? "none given"}`],
      };
    case "expired":
      return {
        summary: `It was not started by its last moment to start and expired at ${finishedAt}.`,
        facts: failureOf(last),
      };
    default:
      return {
        summary: `It ${instance.state === "timed_out" ? "ran out of time" : "failed"} at ${finishedAt}: ${ending?.reason ?? "no reason kept"}.`,
        facts: instance.error === undefined ? [] : [`error: ${instance.error.message}`],
      };
  }
}

function failureOf(attempt: Attempt | undefined): readonly string[] {
  if (attempt?.error === undefined) return [];
  const { error, number, backend } = attempt;
  return [`attempt ${number} on ${backend}: ${error.class}, ${error.message}`];
}

function budgetsOf(instance: Instance, definition: TaskVersion): readonly string[] {
  const { taskFailures, infraFailures } = instance;
  return [
    ...(taskFailures === 0
      ? []
      : [`${taskFailures} of ${definition.spec.retry.maxAttempts} attempts have failed`]),
    ...(infraFailures === 0
      ? []
      : [`${infraFailures} of ${limits.infraFailuresMax} infrastructure failures are used up`]),
  ];
}

function boundsOf(instance: Instance): readonly string[] {
  if (instance.wakeAtMs === undefined) return [];
  const { startByMs, deadlineAtMs, pinnedBackend } = instance;
  return [
    ...(pinnedBackend === undefined ? [] : [`the submission allows only ${pinnedBackend}`]),
    ...(startByMs === undefined || instance.state !== "pending"
      ? []
      : [`it expires if it has not started by ${at(startByMs)}`]),
    ...(deadlineAtMs === undefined
      ? []
      : [`it times out if it has not finished by ${at(deadlineAtMs)}`]),
  ];
}

function actionsFor(instance: Instance, facts: ExplanationFacts): Explanation["actions"] {
  const mayRetry =
    movesFrom(instance.state, "retry").length > 0 && instance.round < limits.roundsMax;
  return [
    ...(movesFrom(instance.state, "cancel").length > 0 ? (["cancel"] as const) : []),
    ...(mayRetry ? (["retry"] as const) : []),
    ...(instance.state === "pending" && instance.waiting === "approval"
      ? (["approve"] as const)
      : []),
    ...(instance.state === "pending" && (facts.paused !== undefined || isHeldByTask(instance))
      ? (["resume_task"] as const)
      : []),
  ];
}

/** Held when its task was paused; what was held before gates had names says nothing. */
function isHeldByTask({ waiting, waitingFor, task }: Instance): boolean {
  return waiting === "paused" && (waitingFor ?? pauseOfTask(task)) === pauseOfTask(task);
}

function next(
  nextAtMs: number | undefined,
  nextStep: string,
): Pick<Explanation, "nextAtMs" | "nextStep"> {
  return nextAtMs === undefined ? {} : { nextAtMs, nextStep };
}

function at(atMs: number): string {
  return new Date(atMs).toISOString();
}
