import type { JsonObject, JsonValue } from "../core/json.ts";
import type { PayloadRef } from "../core/payload-ref.ts";
import type { TraceContext } from "../core/trace-context.ts";
import type { AttemptError, AttemptUsage } from "../instance/instance.ts";
import type { PriceEstimate } from "../pricing/price-run.ts";
import type { RunSize } from "../pricing/pricing.ts";
import type { BackendCapabilities } from "../routing/backend-capabilities.ts";
import type { TaskSpec } from "../task/task.ts";

export type { BackendCapabilities };

/** Everything an attempt needs to run and to report; the only thing that crosses to user code's side. */
export interface AttemptOrder {
  readonly tenant: string;
  readonly instanceId: string;
  readonly attemptId: string;
  readonly attempt: number;
  readonly token: string;
  readonly task: string;
  readonly taskVersion: number;
  readonly run: TaskSpec["run"];
  readonly memoryMb?: number;
  readonly cpuCores?: number;
  readonly storageMb?: number;
  readonly input?: JsonValue;
  /** An input that travels by reference; whoever runs the code fetches it. */
  readonly inputRef?: PayloadRef & {
    /** Added last, because it expires (functions/runtime/payload-links.ts). */
    readonly url?: string;
  };
  /** Where an output goes that is too large to travel itself. */
  readonly outputUrl?: string;
  /** The submitter's; the envelope says what the attempt makes of it. */
  readonly trace?: TraceContext;
  readonly group?: string;
  /** The instance from which it began, if that is another one. */
  readonly colour?: string;
  /** When it was ordered. */
  readonly orderedAtMs?: number;
  /** Signs of life are expected at least this often. */
  readonly leaseSeconds?: number;
  readonly config?: JsonObject;
  /** True: it may run where it can be interrupted, such as Spot capacity. */
  readonly interruptible?: boolean;
  /** Higher runs first where work waits in line. */
  readonly priority: number;
  /** Not begun by then: do not begin it any more. */
  readonly startByMs?: number;
  /** The pool in whose line it waits. */
  readonly pool?: string;
  readonly timeoutMs: number;
  /** The attempt is given up at this instant. */
  readonly deadlineAtMs: number;
}

export type StartOutcome =
  | { readonly outcome: "accepted"; readonly externalId?: string }
  /** Nothing was started, for certain. */
  | { readonly outcome: "refused"; readonly error: AttemptError }
  /** It may or may not have started; the wake decides. */
  | { readonly outcome: "unknown"; readonly error: AttemptError };

/** What an attempt says of itself, whatever the backend. */
export type AttemptReport = {
  readonly tenant: string;
  readonly instanceId: string;
  readonly attemptId: string;
  /** Absent where the carrier itself proves which attempt it speaks of. */
  readonly token?: string;
  /** Instead of the token: its fingerprint, from a carrier that was given no more than that. */
  readonly tokenFingerprint?: string;
} & (
  | { readonly kind: "started"; readonly atMs: number; readonly externalId?: string }
  | { readonly kind: "heartbeat"; readonly atMs: number; readonly progress?: JsonValue }
  | {
      readonly kind: "succeeded";
      readonly output?: JsonValue;
      readonly outputRef?: PayloadRef;
      readonly usage?: AttemptUsage;
      readonly startedAtMs?: number;
      readonly externalId?: string;
      readonly log?: string;
    }
  | {
      readonly kind: "failed";
      readonly error: AttemptError;
      readonly usage?: AttemptUsage;
      readonly startedAtMs?: number;
      readonly externalId?: string;
      readonly log?: string;
    }
);

export interface AttemptRef {
  readonly tenant: string;
  readonly instanceId: string;
  readonly attemptId: string;
  readonly externalId?: string;
  /** The pool in whose line it waits, or whose worker has it. */
  readonly pool?: string;
}

/**
 * What a backend knows of an attempt when asked. "gone": it is over, and what it had to say has had
 * time to come. "unknown" leaves the decision to the clock.
 */
export type AttemptSighting = "queued" | "running" | "gone" | "unknown";

/** Where attempts run. */
export interface Backend {
  readonly capabilities: BackendCapabilities;
  start(order: AttemptOrder): Promise<StartOutcome>;
  /** Asks for the end of an attempt; best effort, harmless when it is over. */
  stop(attempt: AttemptRef): Promise<void>;
  /** The backend's own truth about an attempt, asked before one is given up. */
  inspect(attempt: AttemptRef): Promise<AttemptSighting>;
  /** What a run of that size and length would cost here by the price table; an estimate. */
  price(size: RunSize, durationMs: number): PriceEstimate;
}
