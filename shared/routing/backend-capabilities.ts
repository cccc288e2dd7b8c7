import type { Pricing } from "../pricing/pricing.ts";
import type { RunTargetName } from "../task/task.ts";

/** The sources' three kinds of execution. */
export const executionTypes = ["serverless", "traditional", "edge"] as const;
export type ExecutionType = (typeof executionTypes)[number];

export const backendKinds = ["local", "lambda", "fargate", "pool", "alicloud-fc"] as const;
export type BackendKind = (typeof backendKinds)[number];

/** What a backend can do and what it costs: facts that routing compares with what a task needs. */
export interface BackendCapabilities {
  readonly name: string;
  readonly kind: BackendKind;
  readonly type: ExecutionType;
  /** The targets of a task's `run` that this backend can start; the first one the task has is used. */
  readonly targets: readonly RunTargetName[];
  readonly timeoutSecondsMax: number;
  readonly memoryMbMax: number;
  readonly cpuCoresMax: number;
  readonly storageMbMax: number;
  readonly inputBytesMax: number;
  /** What an attempt gets when its task says nothing. */
  readonly memoryMbDefault: number;
  /** True where each attempt may have its own size, so that a bigger one can follow out-of-memory. */
  readonly sizeIsPerAttempt: boolean;
  /** Typical time from hand-over to the first line of user code, used until there is history. */
  readonly startMsTypical: number;
  readonly pricing: Pricing;
  /** What `needs.placement` is compared with: site, region, and whatever the owner says. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of edge sites: how far the site's callers are away, and what its line carries. */
  readonly latencyMs?: number;
  readonly bandwidthMbps?: number;
  /** Why it takes nothing at the moment, in words; absent while it does. */
  readonly unavailable?: string;
  /** Attempts that wait for it, where they wait in line. */
  readonly queued?: number;
  /**
   * True when starting the same attempt id twice runs it once. Otherwise the dispatcher confirms
   * the attempt before it starts it, so that a crash loses a start rather than doubling it.
   */
  readonly startIsIdempotent: boolean;
  /** True when the backend itself reports that an attempt has begun; the dispatcher then writes nothing. */
  readonly reportsStart: boolean;
  /** How long a claimed attempt may take to begin before somebody asks. Default: `limits.handOverMs`. */
  readonly handOverMs?: number;
  /** Its runners give signs of life of their own; silence for so long loses the attempt. */
  readonly leaseSeconds?: number;
  /** True when workers fetch attempts, which therefore wait in the pool's line. */
  readonly pull?: true;
}
