import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText, Name, Tags } from "../core/texts.ts";
import { Budget } from "../group/budget.ts";
import { LimitUse, TaskConcurrency, TaskRate } from "../limit/limit.ts";
import { AllocationPolicy } from "./allocation-policy.ts";
import { Gathering, Singleton } from "./gathering.ts";
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

/**
 * A function that was deployed through Switchyard: one package that runs on Lambda and, through the
 * runner, on Fargate, in pools and on one machine. Defining a task fixes the digest, so that a
 * version of a task always runs the same code.
 */
export const PackageTarget = z.strictObject({
  function: Name,
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a package in 64 hexadecimal digits")
    .optional(),
});

/** A program that pool workers start: the envelope on standard input, the exit code as the verdict. */
export const CommandTarget = z.strictObject({
  argv: z.array(z.string().min(1).max(1_024)).min(1).max(64),
});

/** A container of our own cluster, by the family of its task definition; its exit code is the verdict. */
export const ContainerTarget = z.strictObject({ family: Name });

export const runTargetNames = ["function", "package", "lambda", "container", "command"] as const;
export type RunTargetName = (typeof runTargetNames)[number];

/** What to run: one target per kind of backend that can run it; at least one. */
export const RunTargets = z
  .strictObject({
    function: FunctionTarget.optional(),
    package: PackageTarget.optional(),
    lambda: LambdaTarget.optional(),
    container: ContainerTarget.optional(),
    command: CommandTarget.optional(),
  } satisfies Record<RunTargetName, z.ZodType>)
  .refine(
    (run) => runTargetNames.some((name) => run[name] !== undefined),
    `must name at least one target: ${runTargetNames.join(", ")}`,
  );
export type RunTargets = z.infer<typeof RunTargets>;

/** What the task needs; facts that routing decides by. Absent means unknown, and unknown never matches a rule. */
export const TaskNeeds = z.strictObject({
  executionSecondsEstimate: seconds(limits.totalTimeoutSecondsMax).optional(),
  executionSecondsVariance: z.number().min(0).optional(),
  cpuCores: z.number().positive().max(192).optional(),
  memoryMb: z.int().min(32).max(768_000).optional(),
  storageMb: z.int().min(0).max(10_000_000).optional(),
  executionPattern: z.enum(["batch", "stream", "request", "cron"]).optional(),
  stateful: z.boolean().optional(),
  concurrent: z.boolean().optional(),
  dependenciesCount: z.int().min(0).max(10_000).optional(),
  externalDependencies: z.boolean().optional(),
  /** How soon after its submission an instance should have its answer. */
  latencyMs: z.number().positive().optional(),
  /** The data is at a site and must be worked on there. */
  dataLocalityRequired: z.boolean().optional(),
  networkMbps: z.number().min(0).optional(),
  /** Labels that a backend must carry, such as {"site": "tokyo"} or {"region": "eu-central-1"}. */
  placement: z.record(z.string().min(1).max(limits.tagKeyCharsMax), Name).optional(),
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
  /** Overrides the rules' allocation policy for this task. */
  policy: AllocationPolicy.optional(),
  /** True: an instance's retries stay on the backend of its first attempt while that is feasible. */
  stickyBackend: z.boolean().optional(),
  /** Attempts at the same time, of the whole task or for each value of a key. */
  concurrency: TaskConcurrency.optional(),
  /** How often attempts may start. */
  rate: TaskRate.optional(),
  /** Bounds that it shares with other tasks. */
  limits: z.array(LimitUse).min(1).max(limits.limitsPerTaskMax).optional(),
  budget: Budget.optional(),
  /** At most one open instance, of the whole task or for each value of a key. */
  singleton: Singleton.optional(),
  /** Submissions that come close together become one instance. */
  gather: Gathering.optional(),
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
