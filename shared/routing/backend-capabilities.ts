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
