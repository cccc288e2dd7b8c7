import type { Rejection } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import type { Inherited, TraceContext } from "../core/trace-context.ts";
import { gateKeysOf } from "../limit/gates-of.ts";
import type { TaskVersion } from "../task/task.ts";
import type { InstanceCommand } from "./commands.ts";
import { decide } from "./decide.ts";
import type { Instance, Origin, TriggerType } from "./instance.ts";
import type { Submission } from "./submission.ts";

export interface OpeningFacts {
  readonly id: string;
  readonly nowMs: number;
  readonly tenant: string;
  readonly actor: string;
  readonly definition: TaskVersion;
  readonly submission: Submission;
  readonly trace?: TraceContext;
  /** From the attempt that submits it, if one does. */
  readonly inherited?: Inherited | undefined;
  /** Of the canonical submission; kept only with an idempotency key. */
  readonly fingerprint?: string;
  /** What submits it, if no client does. */
  readonly origin?: Origin;
}

export type Opening =
  | { readonly outcome: "opened"; readonly instance: Instance }
  | { readonly outcome: "rejected"; readonly rejection: Rejection };

/** The first version of an instance: pending, with everything the task's definition says resolved. */
export function openInstance(facts: OpeningFacts): Opening {
  const { submission, definition, nowMs } = facts;
  const { spec } = definition;
  const dueAtMs = dueAt(submission, nowMs);
  const startByMs = submission.startBy === undefined ? undefined : Date.parse(submission.startBy);
  const rejection = timesRejection(dueAtMs, startByMs, nowMs);
  if (rejection !== undefined) return { outcome: "rejected", rejection };
  const deadlineAtMs =
    spec.totalTimeoutSeconds === undefined ? undefined : nowMs + spec.totalTimeoutSeconds * 1_000;
  const delayed = dueAtMs > nowMs;
  const { inherited = {} } = facts;
  const group = submission.group ?? inherited.group ?? spec.group;
  const tags = mergedTags(spec.tags, submission.tags);
  const config = submission.config as JsonObject | undefined;
  const gateKeys = gateKeysOf(spec, { input: submission.input, tags, config });
  const instance: Instance = {
    id: facts.id,
    tenant: facts.tenant,
    version: 1,
    task: definition.name,
    taskVersion: definition.taskVersion,
    state: "pending",
    waiting: delayed ? "delayed" : "due",
    createdAtMs: nowMs,
    dueAtMs,
    wakeAtMs: Math.min(dueAtMs, startByMs ?? Infinity, deadlineAtMs ?? Infinity),
    ...(startByMs === undefined ? {} : { startByMs }),
    ...(deadlineAtMs === undefined ? {} : { deadlineAtMs }),
    ...(spec.totalTimeoutSeconds === undefined
      ? {}
      : { totalTimeoutSeconds: spec.totalTimeoutSeconds }),
    timeoutSeconds: submission.timeoutSeconds ?? spec.timeoutSeconds,
    ...(spec.heartbeatSeconds === undefined ? {} : { heartbeatSeconds: spec.heartbeatSeconds }),
    priority: submission.priority ?? spec.priority,
    ...(group === undefined ? {} : { group }),
    ...(tags === undefined ? {} : { tags }),
    ...(gateKeys === undefined ? {} : { gateKeys }),
    ...(submission.input === undefined ? {} : { input: submission.input }),
    ...(submission.inputRef === undefined ? {} : { inputRef: submission.inputRef }),
    ...(facts.origin === undefined
      ? {}
      : { origin: facts.origin, trigger: triggerOf(facts.origin) }),
    ...(inherited.colour === undefined ? {} : { colour: inherited.colour }),
    ...(facts.trace === undefined ? {} : { trace: facts.trace }),
    ...(submission.config === undefined ? {} : { config: submission.config as JsonObject }),
    ...(submission.idempotencyKey === undefined || facts.fingerprint === undefined
      ? {}
      : { idempotency: { key: submission.idempotencyKey, fingerprint: facts.fingerprint } }),
    ...(submission.backend === undefined ? {} : { pinnedBackend: submission.backend }),
    round: 1,
    attemptCount: 0,
    taskFailures: 0,
    infraFailures: 0,
    attempts: [],
    submittedBy: facts.actor,
    history: [
      {
        version: 1,
        atMs: nowMs,
        command: "submit",
        to: "pending",
        reason: delayed ? "waits for its start time" : "due at once",
        actor: facts.actor,
      },
    ],
  };
  return { outcome: "opened", instance };
}

/** Folds the first hold into the first version: it is accepted, and waits for a backend to take it. */
export function openHeld(
  opened: Instance,
  hold: Extract<InstanceCommand, { name: "hold" }>,
  definition: TaskVersion,
): Instance {
  const decision = decide(opened, hold, {
    nowMs: opened.createdAtMs,
    retry: definition.spec.retry,
  });
  const [submitted] = opened.history;
  if (decision.outcome !== "changed" || submitted === undefined) return opened;
  return {
    ...decision.next,
    version: opened.version,
    history: [{ ...submitted, to: decision.next.state, reason: decision.reason }],
  };
}

/** Folds the first claim into the first version, so that one write both accepts and hands over. */
export function openClaimed(
  opened: Instance,
  claim: Extract<InstanceCommand, { name: "claim" }>,
  definition: TaskVersion,
): Instance {
  const decision = decide(opened, claim, {
    nowMs: opened.createdAtMs,
    retry: definition.spec.retry,
  });
  if (decision.outcome !== "changed") return opened;
  const [submitted] = opened.history;
  if (submitted === undefined) return opened;
  return {
    ...decision.next,
    version: opened.version,
    history: [{ ...submitted, to: decision.next.state, reason: decision.reason, attempt: 1 }],
  };
}

function triggerOf(origin: Origin): TriggerType {
  if (origin.kind === "event") return "event";
  return origin.byHand === true ? "manual" : "timer";
}

function dueAt(submission: Submission, nowMs: number): number {
  if (submission.startAt !== undefined) return Math.max(nowMs, Date.parse(submission.startAt));
  return nowMs + Math.round((submission.delaySeconds ?? 0) * 1_000);
}

function timesRejection(
  dueAtMs: number,
  startByMs: number | undefined,
  nowMs: number,
): Rejection | undefined {
  if (dueAtMs > nowMs + limits.delayMsMax) {
    return {
      code: "invalid_field",
      pointer: "/startAt",
      detail: "startAt lies too far ahead",
      suggestion: `choose a time within ${limits.delayMsMax / 86_400_000} days`,
    };
  }
  if (startByMs !== undefined && startByMs <= dueAtMs) {
    return {
      code: "invalid_field",
      pointer: "/startBy",
      detail:
        "startBy is not after the time at which the instance may start, so it could never run",
      suggestion: "choose a later startBy, or leave it out",
    };
  }
  return undefined;
}

function mergedTags(
  ofTask: Readonly<Record<string, string>> | undefined,
  own: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  return ofTask === undefined || own === undefined ? (own ?? ofTask) : { ...ofTask, ...own };
}
