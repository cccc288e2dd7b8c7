import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText, Name, Tags } from "../core/texts.ts";
import { RetryPolicy } from "./retry-policy.ts";

const seconds = (max: number) => z.number().positive().max(max);

/** A function that Switchyard runs itself: a module below the host's functions folder. */
export const FunctionTarget = z.strictObject({
  module: z
    .string()
    .max(200)
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\.m?js$/,
      'must be a relative path to a .js or .mjs file, without ".."',
    ),
  export: z
    .string()
    .regex(/^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/, "must be the name of an export")
    .default("handler"),
});

/** A Lambda function that exists already, named by alias or version so that it cannot change underfoot. */
export const LambdaTarget = z.strictObject({
  functionArn: z
    .string()
    .max(256)
    .regex(
      /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}:(?!\$LATEST$)[A-Za-z0-9_-]{1,128}$/,
      "must be the ARN of a Lambda function with an alias or version (not $LATEST)",
    ),
});

/** What to run: one target per kind of backend that can run it; at least one. */
export const RunTargets = z
  .strictObject({ function: FunctionTarget.optional(), lambda: LambdaTarget.optional() })
  .refine(
    (run) => run.function !== undefined || run.lambda !== undefined,
    'must name at least one target: "function" or "lambda"',
  );
export type RunTargets = z.infer<typeof RunTargets>;

/** What the task needs; facts that routing decides by. Absent means unknown, and unknown never matches a rule. */
export const TaskNeeds = z.strictObject({
  executionSecondsEstimate: seconds(limits.totalTimeoutSecondsMax).optional(),
  cpuCores: z.number().positive().max(192).optional(),
  memoryMb: z.int().min(32).max(768_000).optional(),
  storageMb: z.int().min(0).max(10_000_000).optional(),
  stateful: z.boolean().optional(),
});
export type TaskNeeds = z.infer<typeof TaskNeeds>;

/** The part of a definition that a user writes; everything in it is versioned. */
export const TaskSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  run: RunTargets,
  needs: TaskNeeds.default({}),
  /** Backends to consider, in this order; absent = all, in the host's order. */
  backends: z.array(Name).min(1).max(10).optional(),
  retry: RetryPolicy.prefault({}),
  /** One attempt's time. */
  timeoutSeconds: seconds(limits.attemptTimeoutSecondsMax).default(
    limits.attemptTimeoutSecondsDefault,
  ),
  /** From submission to the end, all attempts and waiting included. */
  totalTimeoutSeconds: seconds(limits.totalTimeoutSecondsMax).optional(),
  /** An attempt that reports no sign of life for this long is given up. */
  heartbeatSeconds: z
    .number()
    .min(limits.heartbeatSecondsMin)
    .max(limits.heartbeatSecondsMax)
    .optional(),
  priority: z.int().min(limits.priorityMin).max(limits.priorityMax).default(limits.priorityDefault),
  group: Name.optional(),
  tags: Tags.optional(),
});
export type TaskSpec = z.infer<typeof TaskSpec>;

/** One immutable version of a task. */
export interface TaskVersion {
  readonly tenant: string;
  readonly name: string;
  readonly taskVersion: number;
  readonly spec: TaskSpec;
  /** Of the canonical spec: defining the same content again makes no new version. */
  readonly fingerprint: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

/** The one changeable record per task: which version is newest, and whether it is paused. */
export interface TaskHead {
  readonly tenant: string;
  readonly name: string;
  readonly latestVersion: number;
  readonly fingerprint: string;
  readonly paused?: { readonly atMs: number; readonly by: string; readonly reason?: string };
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
