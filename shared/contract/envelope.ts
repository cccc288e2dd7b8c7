import type { JsonObject, JsonValue } from "../core/json.ts";
import type { AttemptOrder } from "../ports/backend.ts";

/**
 * What a task's function receives as its event, on every backend. The names are those of the wire.
 * It is checked by hand, not by a schema: this file ends up in every user's bundle, and a schema
 * library would cost each cold start more than the rest of the runner.
 */
export interface InvocationEnvelope {
  readonly version: 1;
  /** The instance's id. */
  readonly task_id: string;
  readonly instance: {
    readonly id: string;
    readonly tenant: string;
    readonly task: string;
    readonly task_version: number;
  };
  readonly attempt: { readonly id: string; readonly number: number };
  /** The input as submitted; absent when there was none. */
  readonly inputs?: JsonValue;
  readonly config?: JsonObject;
  /** ISO 8601, UTC: the attempt is given up at this instant. */
  readonly deadline: string;
  readonly resource_limits: { readonly timeout_ms: number; readonly memory_mb?: number };
}

/** The part of an order that user code may see: everything but the token. */
export interface EnvelopeSource
  extends Pick<
    AttemptOrder,
    | "tenant"
    | "instanceId"
    | "attemptId"
    | "attempt"
    | "task"
    | "taskVersion"
    | "memoryMb"
    | "timeoutMs"
    | "deadlineAtMs"
  > {
  readonly input?: JsonValue | undefined;
  readonly config?: JsonObject | undefined;
}

/** The envelope of one attempt. */
export function invocationEnvelope(order: EnvelopeSource): InvocationEnvelope {
  const { input, config, memoryMb, timeoutMs } = order;
  const envelope: Draft<InvocationEnvelope> = {
    version: 1,
    task_id: order.instanceId,
    instance: {
      id: order.instanceId,
      tenant: order.tenant,
      task: order.task,
      task_version: order.taskVersion,
    },
    attempt: { id: order.attemptId, number: order.attempt },
    deadline: new Date(order.deadlineAtMs).toISOString(),
    resource_limits:
      memoryMb === undefined
        ? { timeout_ms: timeoutMs }
        : { timeout_ms: timeoutMs, memory_mb: memoryMb },
  };
  if (input !== undefined) envelope.inputs = input;
  if (config !== undefined) envelope.config = config;
  return envelope;
}

type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

/** True for an event that Switchyard made; anything else was sent by someone who called the function directly. */
export function isInvocationEnvelope(event: unknown): event is InvocationEnvelope {
  if (typeof event !== "object" || event === null) return false;
  const candidate: Partial<InvocationEnvelope> = event;
  return (
    candidate.version === 1 &&
    typeof candidate.task_id === "string" &&
    typeof candidate.deadline === "string" &&
    isObject(candidate.instance) &&
    isObject(candidate.attempt) &&
    isObject(candidate.resource_limits)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/**
 * The second argument of a task's function: a subset of Lambda's context, so that code written for
 * Lambda finds what it expects, and, where our own runner runs it, two things that Lambda lacks.
 */
export interface FunctionContext {
  readonly awsRequestId?: string;
  readonly functionName?: string;
  readonly functionVersion?: string;
  readonly memoryLimitInMB?: string | number;
  getRemainingTimeInMillis?(): number;
  /** Aborted when the attempt's time is up or it was cancelled. */
  readonly signal?: AbortSignal;
  /** A sign of life, and how far the code is; more than one a second are dropped. */
  heartbeat?(progress?: JsonValue): void;
}
