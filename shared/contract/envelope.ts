import type { JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import { type TraceContext, traceOfAttempt } from "../core/trace-context.ts";
import type { AttemptOrder } from "../ports/backend.ts";

/**
 * What a task's function receives as its event, on every backend. The names are those of the wire;
 * docs/envelope.md explains them to those who write tasks without our SDK.
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
  /** The attempt's id: names this one execution in logs and towards services. */
  readonly request_id?: string;
  /** ISO 8601, UTC: when this execution was ordered. */
  readonly execution_time?: string;
  /** The input as submitted; absent when there was none, or when it is to be fetched. */
  readonly inputs?: JsonValue;
  /** An input too large for the event: the JSON text is there for a GET, for a while. */
  readonly inputs_ref?: { readonly url: string; readonly bytes: number; readonly sha256: string };
  /** Takes one PUT of an output too large to be returned; then an `OutputMarker` is returned. */
  readonly outputs_url?: { readonly url: string; readonly inline_bytes_max: number };
  readonly config?: JsonObject;
  /** To be handed on to whatever the task calls, as the headers of the same names. */
  readonly trace?: TraceContext;
  /** ISO 8601, UTC: the attempt is given up at this instant. */
  readonly deadline: string;
  readonly resource_limits: {
    readonly timeout_ms: number;
    readonly memory_mb?: number;
    readonly cpu_cores?: number;
  };
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
    | "cpuCores"
    | "timeoutMs"
    | "deadlineAtMs"
  > {
  readonly input?: JsonValue | undefined;
  readonly inputRef?: AttemptOrder["inputRef"] | undefined;
  readonly outputUrl?: string | undefined;
  readonly config?: JsonObject | undefined;
  readonly trace?: TraceContext | undefined;
  readonly group?: string | undefined;
  readonly colour?: string | undefined;
  readonly orderedAtMs?: number | undefined;
}

/** The envelope of one attempt. */
export function invocationEnvelope(order: EnvelopeSource): InvocationEnvelope {
  const { input, inputRef, outputUrl, config, memoryMb, cpuCores, orderedAtMs } = order;
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
    request_id: order.attemptId,
    trace: traceOfAttempt(order),
    deadline: new Date(order.deadlineAtMs).toISOString(),
    resource_limits: {
      timeout_ms: order.timeoutMs,
      ...(memoryMb === undefined ? {} : { memory_mb: memoryMb }),
      ...(cpuCores === undefined ? {} : { cpu_cores: cpuCores }),
    },
  };
  if (orderedAtMs !== undefined) envelope.execution_time = new Date(orderedAtMs).toISOString();
  if (input !== undefined) envelope.inputs = input;
  if (inputRef?.url !== undefined) {
    const { url, bytes, sha256 } = inputRef;
    envelope.inputs_ref = { url, bytes, sha256 };
  }
  if (outputUrl !== undefined) {
    envelope.outputs_url = { url: outputUrl, inline_bytes_max: limits.outputBytesMax };
  }
  if (config !== undefined) envelope.config = config;
  return envelope;
}

type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

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
