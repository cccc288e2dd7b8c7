import type { JsonObject, JsonValue } from "../core/json.ts";
import type { AttemptError, AttemptUsage } from "../instance/instance.ts";
import type { TaskSpec } from "../task/task.ts";

/** What a backend can do: facts that routing compares with what a task needs. */
export interface BackendCapabilities {
  readonly name: string;
  readonly type: "serverless" | "traditional" | "edge";
  /** Which target of the task's `run` this backend starts. */
  readonly target: keyof TaskSpec["run"];
  readonly timeoutSecondsMax: number;
  readonly memoryMbMax: number;
  readonly inputBytesMax: number;
  /**
   * True when starting the same attempt id twice runs it once. Otherwise the dispatcher confirms
   * the attempt before it starts it, so that a crash loses a start rather than doubling it.
   */
  readonly startIsIdempotent: boolean;
  /** True when the backend itself reports that an attempt has begun; the dispatcher then writes nothing. */
  readonly reportsStart: boolean;
}

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
  readonly input?: JsonValue;
  readonly config?: JsonObject;
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
  readonly token: string;
} & (
  | { readonly kind: "started"; readonly atMs: number; readonly externalId?: string }
  | { readonly kind: "heartbeat"; readonly atMs: number }
  | {
      readonly kind: "succeeded";
      readonly output?: JsonValue;
      readonly usage?: AttemptUsage;
      readonly startedAtMs?: number;
      readonly log?: string;
    }
  | {
      readonly kind: "failed";
      readonly error: AttemptError;
      readonly usage?: AttemptUsage;
      readonly startedAtMs?: number;
      readonly log?: string;
    }
);

export interface AttemptRef {
  readonly tenant: string;
  readonly instanceId: string;
  readonly attemptId: string;
  readonly externalId?: string;
}

/** Where attempts run. */
export interface Backend {
  readonly capabilities: BackendCapabilities;
  start(order: AttemptOrder): Promise<StartOutcome>;
  /** Asks for the end of an attempt; best effort, harmless when it is over. */
  stop(attempt: AttemptRef): Promise<void>;
}
