import type { EnvelopeSource, FunctionContext } from "../../shared/contract/envelope.ts";
import { BoundedLog } from "./bounded-log.ts";
import type { AbortOrder, RunnerSetup, RunOrder } from "./protocol.ts";

const heartbeatEveryMs = 1_000;

const abortNames = { timeout: "TimeoutError", cancelled: "AbortError" } as const;
const abortMessages = {
  timeout: "the attempt's time is up",
  cancelled: "the instance was cancelled",
} as const;

/** One attempt inside a runner, from its order to its last word. */
export class AttemptRun {
  readonly seq: number;
  readonly order: RunOrder;
  readonly deadlineAtMs: number;
  readonly startedAtMs = performance.now();
  readonly log: BoundedLog;
  /** Set once the runner has its last word; whatever the task's code still does is ignored. */
  ended = false;
  cpuShareAtStartUs: number;
  memoryMbPeak: number;
  #heartbeatAtMs = -Infinity;
  #controller: AbortController | undefined;
  #abortReason: DOMException | undefined;

  constructor(order: RunOrder, setup: RunnerSetup, shareUs: number, memoryMb: number) {
    this.seq = order.seq;
    this.order = order;
    this.deadlineAtMs = Math.min(order.deadlineAtMs, Date.now() + order.timeoutMs);
    this.log = new BoundedLog(setup.logHeadBytesMax, setup.logTailBytesMax);
    this.cpuShareAtStartUs = shareUs;
    this.memoryMbPeak = memoryMb;
  }

  envelopeSource({ tenant, task, taskVersion, memoryMb }: RunnerSetup): EnvelopeSource {
    const { kind: _, seq: __, ...order } = this.order;
    return { ...order, tenant, task, taskVersion, memoryMb, deadlineAtMs: this.deadlineAtMs };
  }

  abort(reason: AbortOrder["reason"]): void {
    this.#abortReason = new DOMException(abortMessages[reason], abortNames[reason]);
    this.#controller?.abort(this.#abortReason);
  }

  /** Made on first use: most attempts never look at their signal, and making one is not free. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  /** True when a heartbeat may be sent now. */
  takeHeartbeat(): boolean {
    const nowMs = performance.now();
    if (this.ended || nowMs - this.#heartbeatAtMs < heartbeatEveryMs) return false;
    this.#heartbeatAtMs = nowMs;
    return true;
  }
}

type HeartbeatListener = (run: AttemptRun, progress: unknown) => void;

/** What the task's function gets as its second argument. */
export class RunContext implements FunctionContext {
  readonly #run: AttemptRun;
  readonly #setup: RunnerSetup;
  readonly #onHeartbeat: HeartbeatListener;

  constructor(run: AttemptRun, setup: RunnerSetup, onHeartbeat: HeartbeatListener) {
    this.#run = run;
    this.#setup = setup;
    this.#onHeartbeat = onHeartbeat;
  }

  get awsRequestId(): string {
    return this.#run.order.attemptId;
  }

  get functionName(): string {
    return this.#setup.task;
  }

  get functionVersion(): string {
    return String(this.#setup.taskVersion);
  }

  get memoryLimitInMB(): string {
    return String(this.#setup.memoryMb);
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  // Fields rather than methods, because functions take them out of the context by destructuring.
  readonly getRemainingTimeInMillis = (): number =>
    Math.max(0, this.#run.deadlineAtMs - Date.now());

  readonly heartbeat = (progress?: unknown): void => {
    if (this.#run.takeHeartbeat()) this.#onHeartbeat(this.#run, progress);
  };
}
