import type { FunctionContext, InvocationEnvelope } from "../../shared/contract/envelope.ts";
import type { JsonObject, JsonValue } from "../../shared/core/json.ts";
import type { TraceContext } from "../../shared/core/trace-context.ts";
import { consoleTaskLog, type TaskLog } from "./task-log.ts";

/** What a task's handler knows about the attempt it runs in, the same on every backend. */
export interface TaskContext {
  readonly instanceId: string;
  readonly attemptId: string;
  /** 1 for the first attempt of an instance. */
  readonly attempt: number;
  readonly task: string;
  readonly taskVersion: number;
  readonly config: JsonObject;
  /**
   * The attempt's place in a trace, as the headers that carry it on: `traceparent`, `tracestate` and
   * `baggage`. Send them along with whatever the task calls. Empty in a direct call.
   */
  readonly trace: Partial<TraceContext>;
  /** The attempt is given up at this instant. */
  readonly deadlineAt: Date;
  remainingMs(): number;
  /** Aborted shortly before the time is up, and when the instance is cancelled. Hand it to whatever waits. */
  readonly signal: AbortSignal;
  /** A sign of life; with progress, also a line in the log. Passed on at most once a second. */
  heartbeat(progress?: JsonValue): void;
  readonly log: TaskLog;
}

const heartbeatEveryMs = 1_000;
/** Where nobody else aborts, the signal comes this long before the end, so that code can still react. */
const abortAheadMs = 250;
const timerMsMax = 2 ** 31 - 1;
/** The last instant a Date can name: "never". */
const latestMs = 8.64e15;

/** The context of one call, made from the event and from what the platform passed along with it. */
export class CallContext implements TaskContext {
  readonly instanceId: string;
  readonly attemptId: string;
  readonly attempt: number;
  readonly task: string;
  readonly taskVersion: number;
  readonly config: JsonObject;
  readonly trace: Partial<TraceContext>;
  readonly log = consoleTaskLog;
  readonly #deadlineAtMs: number;
  readonly #platform: FunctionContext;
  #ownSignal: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeatAtMs = -Infinity;

  constructor(envelope: InvocationEnvelope | undefined, platform: FunctionContext) {
    this.#platform = platform;
    this.instanceId = envelope?.instance.id ?? platform.awsRequestId ?? "direct-call";
    this.attemptId = envelope?.attempt.id ?? this.instanceId;
    this.attempt = envelope?.attempt.number ?? 1;
    this.task = envelope?.instance.task ?? platform.functionName ?? "direct-call";
    this.taskVersion = envelope?.instance.task_version ?? 0;
    this.config = envelope?.config ?? {};
    this.trace = envelope?.trace ?? {};
    const platformEndMs = Date.now() + (platform.getRemainingTimeInMillis?.() ?? latestMs);
    this.#deadlineAtMs = Math.min(platformEndMs, Date.parse(envelope?.deadline ?? "") || latestMs);
  }

  get deadlineAt(): Date {
    return new Date(this.#deadlineAtMs);
  }

  // Fields rather than methods, because handlers take them out of the context by destructuring.
  readonly remainingMs = (): number => Math.max(0, this.#deadlineAtMs - Date.now());

  readonly heartbeat = (progress?: JsonValue): void => {
    const nowMs = Date.now();
    if (nowMs - this.#heartbeatAtMs < heartbeatEveryMs) return;
    this.#heartbeatAtMs = nowMs;
    this.#platform.heartbeat?.(progress);
    if (progress !== undefined) this.log.info("progress", { progress: JSON.stringify(progress) });
  };

  /** The platform's own when it has one; otherwise one that follows the clock. */
  get signal(): AbortSignal {
    if (this.#platform.signal !== undefined) return this.#platform.signal;
    if (this.#ownSignal === undefined) {
      const controller = new AbortController();
      this.#ownSignal = controller.signal;
      const delayMs = Math.max(0, this.remainingMs() - abortAheadMs);
      const reason = new DOMException("the attempt's time is up", "TimeoutError");
      this.#timer = setTimeout(() => controller.abort(reason), Math.min(delayMs, timerMsMax));
    }
    return this.#ownSignal;
  }

  /** Ends what the context itself started; the call is over. */
  close(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }
}
