import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name, Tags, utf8Bytes } from "../../core/texts.ts";
import { functionRuntimes } from "../../function/function.ts";
import { type ErrorClass, errorClassNames } from "../../instance/error-classes.ts";
import { JsonPayload } from "../../instance/submission.ts";
import { RunTargets } from "../../task/task.ts";
import type { InvocationEnvelope } from "../envelope.ts";

/*
 * The worker protocol: what pool workers and the runner in a container say to the control plane. The
 * token in a body proves that it speaks of the attempt in force; the credential only lets it speak.
 */

export const AttemptId = z
  .string()
  .regex(/^att_[0-9a-z]{26}$/, 'must be an attempt id: "att_" and 26 letters or digits');
const InstanceId = z
  .string()
  .regex(/^ins_[0-9a-z]{26}$/, 'must be an instance id: "ins_" and 26 letters or digits');
const Token = z.string().min(1).max(128);

export const WorkerId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, 'must be letters, digits, ".", "_" or "-"');

/** Of `PUT /v1/pools/{name}/workers/{worker}`: a worker describes itself. */
export const WorkerRegistration = z.strictObject({
  slots: z.int().min(1).max(limits.workerSlotsMax),
  labels: Tags.default({}),
  version: z.string().max(64).default(""),
  session: z
    .string()
    .regex(/^[\x21-\x7E]{1,64}$/, "must be 1 to 64 printable ASCII characters without spaces")
    .optional()
    .meta({
      description:
        "Random text that the worker's process makes when it starts. Another one than before says " +
        "that the process is new: what its predecessor had is tried again elsewhere at once.",
    }),
});
export type WorkerRegistration = z.infer<typeof WorkerRegistration>;

/** How an idle worker is to wait: keep asking with `waitSeconds`, or listen to a queue in between. */
export const Doorbell = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("long-poll"), waitSeconds: z.number() }),
  z.object({
    kind: z.literal("sqs"),
    queueUrl: z.string(),
    region: z.string(),
    credentials: z.object({
      accessKeyId: z.string(),
      secretAccessKey: z.string(),
      sessionToken: z.string(),
      expiresAt: z.string(),
    }),
  }),
]);
export type Doorbell = z.infer<typeof Doorbell>;

export const WorkerRegistered = z.object({
  pool: z.string(),
  worker: z.string(),
  leaseSeconds: z.number().meta({ description: "Silence for so long loses an attempt." }),
  seenSeconds: z.number().meta({ description: "Ask or beat at least this often." }),
  doorbell: Doorbell,
});
export type WorkerRegistered = z.infer<typeof WorkerRegistered>;

/** Of `POST /v1/pools/{name}/lease`. */
export const LeaseRequest = z.strictObject({
  worker: WorkerId,
  /** Attempts it could begin now. */
  slots: z.int().min(0).max(limits.leaseItemsMax),
  /** Attempts it runs at this moment. */
  busy: z.int().min(0).max(limits.workerSlotsMax).default(0),
  waitSeconds: z.int().min(0).max(limits.waitSecondsMax).default(0),
  holding: z
    .array(AttemptId)
    .max(limits.workerSlotsMax)
    .optional()
    .meta({
      description:
        "Attempts whose order it has got and whose `complete` was not answered yet. What was handed " +
        "to it and is missing here is handed out again, or given up at once.",
    }),
});
export type LeaseRequest = z.infer<typeof LeaseRequest>;

/** Where a deployed function's package is, and how to run it. */
export const PackageOrder = z.object({
  url: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  runtime: z.enum(functionRuntimes),
  handler: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type PackageOrder = z.infer<typeof PackageOrder>;

/** One attempt for a worker or a container to run. */
export const WorkOrder = z.object({
  instanceId: z.string(),
  attemptId: z.string(),
  attempt: z.int(),
  token: z.string(),
  task: z.string(),
  taskVersion: z.int(),
  run: RunTargets,
  package: PackageOrder.optional(),
  memoryMb: z.number().optional(),
  cpuCores: z.number().optional(),
  /** What the code receives. */
  envelope: z.custom<InvocationEnvelope>().meta({ type: "object" }),
  timeoutMs: z.number(),
  deadlineAt: z.iso.datetime(),
  leaseSeconds: z.number(),
});
export type WorkOrder = z.infer<typeof WorkOrder>;

export const LeaseAnswer = z.object({
  items: z.array(WorkOrder),
  /** True when the worker is to finish what it has and go. */
  draining: z.boolean(),
});
export type LeaseAnswer = z.infer<typeof LeaseAnswer>;

/** Of `POST /v1/attempts/{id}/begin`: a container that was started for an attempt asks for its order. */
export const BeginRequest = z.strictObject({
  instanceId: InstanceId,
  /** Its own name: the ARN of its ECS task, or the name that the local host gives it. */
  runner: z.string().min(1).max(256),
});
export type BeginRequest = z.infer<typeof BeginRequest>;

/** Of `POST /v1/attempts/{id}/heartbeat`. */
export const HeartbeatRequest = z.strictObject({
  instanceId: InstanceId,
  token: Token,
  progress: JsonPayload.optional(),
});
export type HeartbeatRequest = z.infer<typeof HeartbeatRequest>;

export const HeartbeatAnswer = z.object({
  /** `stop`: end the code now; whatever it says from here on changes nothing. */
  verdict: z.enum(["continue", "stop"]),
  reason: z.string().optional(),
});
export type HeartbeatAnswer = z.infer<typeof HeartbeatAnswer>;

const Usage = z.strictObject({
  durationMs: z.number().min(0),
  memoryMbPeak: z.number().min(0).optional(),
  cpuMs: z.number().min(0).optional(),
});

const Ended = {
  instanceId: InstanceId,
  token: Token,
  usage: Usage.optional(),
  startedAt: z.iso.datetime().optional(),
  /** As the code printed it, colours and all. */
  log: z
    .string()
    .refine((text) => utf8Bytes(text) <= limits.logBytesMax, `at most ${limits.logBytesMax} bytes`)
    .optional(),
};

/** Of `POST /v1/attempts/{id}/complete`. */
export const CompleteRequest = z.discriminatedUnion("outcome", [
  z.strictObject({
    ...Ended,
    outcome: z.literal("succeeded"),
    output: JsonPayload.optional(),
    /** Of an output that was put where the envelope says. */
    outputRef: z
      .strictObject({
        bytes: z.int().min(1).max(limits.payloadBytesMax),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      })
      .optional(),
  }),
  z.strictObject({
    ...Ended,
    outcome: z.literal("failed"),
    error: z.strictObject({
      class: z.enum(errorClassNames as [ErrorClass, ...ErrorClass[]]),
      message: z.string().max(64 * 1024),
      name: z.string().max(1_024).optional(),
      stack: z
        .string()
        .max(64 * 1024)
        .optional(),
      retryable: z.boolean().optional(),
    }),
  }),
]);
export type CompleteRequest = z.infer<typeof CompleteRequest>;

/** What became of a report: only `recorded` changed anything. */
export const CompleteAnswer = z.object({
  result: z.enum(["recorded", "repeated", "stale"]),
  state: z.string().meta({ description: "Of the instance, now." }),
});
export type CompleteAnswer = z.infer<typeof CompleteAnswer>;

/** A worker of a pool, as its owner sees it. */
export const WorkerView = z.object({
  id: z.string(),
  health: z.enum(["healthy", "silent", "draining"]),
  slots: z.int(),
  busy: z.int(),
  labels: z.record(z.string(), z.string()),
  version: z.string(),
  registeredAt: z.iso.datetime(),
  seenAt: z.iso.datetime(),
});
export type WorkerView = z.infer<typeof WorkerView>;

export const PoolParams = z.strictObject({ name: Name });
export const WorkerParams = z.strictObject({ name: Name, worker: WorkerId });
export const AttemptParams = z.strictObject({ id: AttemptId });
