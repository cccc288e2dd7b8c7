import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText, Tags } from "../core/texts.ts";
import { runTargetNames } from "../task/task.ts";

/** How waiting attempts are spread over a pool's workers. */
export const poolStrategies = ["pull", "round-robin", "least-loaded", "sticky"] as const;
export type PoolStrategy = (typeof poolStrategies)[number];

/** A pool of workers that fetch their work: on-prem machines, an ECS service, an edge site. */
export const PoolSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  type: z.enum(["traditional", "edge"]).default("traditional"),
  strategy: z.enum(poolStrategies).default("pull"),
  /** Site, region and whatever else tasks may ask for in `needs.placement`. */
  labels: Tags.optional(),
  /** Of an edge site: how far its callers are away, and what its line carries. */
  latencyMs: z.number().positive().optional(),
  bandwidthMbps: z.number().positive().optional(),
  targets: z.array(z.enum(runTargetNames)).min(1).default(["function", "package", "command"]),
  timeoutSecondsMax: z
    .number()
    .positive()
    .max(limits.attemptTimeoutSecondsMax)
    .default(limits.attemptTimeoutSecondsMax),
  memoryMbMax: z.int().min(32).max(768_000).default(16_384),
  cpuCoresMax: z.number().positive().max(192).default(8),
  storageMbMax: z.int().min(0).max(10_000_000).default(100_000),
  /** A worker that is silent for so long has lost its attempts. */
  leaseSeconds: z
    .number()
    .min(limits.leaseSecondsMin)
    .max(limits.leaseSecondsMax)
    .default(limits.leaseSecondsDefault),
  /** With the strategy `sticky`: attempts with the same value of this tag stick; default: the same task. */
  stickyTag: z.string().min(1).max(limits.tagKeyCharsMax).optional(),
  /** What one worker costs its owner, for comparisons; shared by its slots. */
  usdPerWorkerHour: z.number().min(0).max(10_000).default(0),
});
export type PoolSpec = z.infer<typeof PoolSpec>;

export interface Pool {
  readonly tenant: string;
  readonly name: string;
  readonly spec: PoolSpec;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
  readonly presence?: PoolPresence;
}

/** How a pool's workers are, as one of them noted in passing: old figures mean that none is left. */
export interface PoolPresence {
  readonly atMs: number;
  readonly healthy: number;
  /** Of the healthy ones. */
  readonly slots: number;
  readonly busy: number;
}

/** An attempt that was handed to a worker. */
export interface HeldAttempt {
  readonly instanceId: string;
  readonly attemptId: string;
}

/** A worker as it last described itself; a lease is its sign of life. */
export interface Worker {
  readonly tenant: string;
  readonly pool: string;
  readonly id: string;
  /** Attempts it runs at the same time. */
  readonly slots: number;
  readonly busy: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  readonly registeredAtMs: number;
  readonly seenAtMs: number;
  /** It finishes what it has and takes nothing more. */
  readonly draining: boolean;
  /** Named by the worker's process; another one means that it was started anew. */
  readonly session?: string;
  readonly servedAtMs?: number;
  /** What was handed to it and is not known to be over; may name more than it has. */
  readonly held: readonly HeldAttempt[];
}
