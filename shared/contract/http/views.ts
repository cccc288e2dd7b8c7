import * as z from "zod";
import { type ErrorCode, errorCodes } from "../../core/error-codes.ts";
import type { JsonObject, JsonValue } from "../../core/json.ts";
import { type ErrorClass, errorClassNames } from "../../instance/error-classes.ts";
import { triggerTypes, waitingReasons } from "../../instance/instance.ts";
import { instanceCommands, instanceStates } from "../../instance/moves.ts";
import { TaskSpec } from "../../task/task.ts";
import { ReceiptView } from "./receipt-views.ts";

/*
 * What answers look like on the wire. Instants are ISO 8601 in UTC with milliseconds; durations
 * carry their unit in the name. Fields may be added: clients must ignore those they do not know.
 */

const At = z.iso.datetime();
const AnyJson = z.custom<JsonValue>().meta({ description: "Any JSON value." });
const AnyObject = z.custom<JsonObject>().meta({ type: "object", description: "Any JSON object." });

const codes = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];

/** Why a request was not carried out (RFC 9457). */
export const Problem = z.object({
  type: z.string().meta({ description: "Address of the code's documentation." }),
  title: z.string().meta({ description: "What the code means, the same for every occurrence." }),
  status: z.int().min(400).max(599),
  code: z.enum(codes).meta({ description: "Stable; programs decide by it." }),
  detail: z.string().meta({ description: "What is wrong here, about which thing." }),
  pointer: z
    .string()
    .optional()
    .meta({ description: "JSON pointer into the body, or the name of a query parameter." }),
  suggestion: z.string().optional().meta({ description: "How to put it right." }),
  retryAfterSeconds: z.number().optional().meta({
    description: "After what time the same request may succeed, where that is known.",
  }),
});
export type Problem = z.infer<typeof Problem>;

export const ErrorView = z.object({
  class: z.enum(errorClassNames as [ErrorClass, ...ErrorClass[]]),
  message: z.string(),
  name: z.string().optional().meta({ description: "The error's own name, as thrown." }),
  stack: z.string().optional(),
  retryable: z.boolean().optional(),
});
export type ErrorView = z.infer<typeof ErrorView>;

export const UsageView = z.object({
  durationMs: z.number(),
  memoryMbPeak: z.number().optional(),
  cpuMs: z.number().optional(),
});
export type UsageView = z.infer<typeof UsageView>;

export const attemptStates = [
  "dispatched",
  "running",
  "succeeded",
  "failed",
  "timed_out",
  "cancelled",
  "lost",
] as const;

/** One try on one backend. Its token is never shown. */
export const AttemptView = z.object({
  number: z.int().min(1),
  id: z.string(),
  round: z.int().min(1).meta({ description: "1, plus one for each retry asked for by hand." }),
  backend: z.string(),
  state: z
    .enum(attemptStates)
    .meta({ description: "dispatched and running while it is live, else how it ended." }),
  claimedAt: At,
  startedAt: At.optional(),
  heartbeatAt: At.optional(),
  finishedAt: At.optional(),
  durationMs: z.number().optional().meta({
    description: "As measured by the backend, or else from its start to its end.",
  }),
  error: ErrorView.optional(),
  usage: UsageView.optional(),
  externalId: z.string().optional().meta({ description: "The backend's own name for it." }),
});
export type AttemptView = z.infer<typeof AttemptView>;

/** A payload kept outside of the record because of its size. */
export const PayloadRefView = z.object({
  id: z.string(),
  bytes: z.int().meta({ description: "Of the JSON text in UTF-8." }),
  sha256: z.string(),
  href: z.string().meta({ description: "Leads to it; needs the API's credential." }),
});
export type PayloadRefView = z.infer<typeof PayloadRefView>;

const PayloadField = z.enum(["input", "config", "output"]);

/** One submission of a task, with everything that happened to it. */
export const OriginView = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("schedule"),
      schedule: z.string(),
      generation: z.int(),
      nominalAt: At,
      backfill: z.string().optional(),
      byHand: z.literal(true).optional(),
    }),
    z.object({
      kind: z.literal("event"),
      trigger: z.string(),
      eventId: z.string(),
      hops: z.int().meta({ description: "How many of our own instances led to the event." }),
    }),
  ])
  .meta({ description: "What submitted it, where no client did." });
export type OriginView = z.infer<typeof OriginView>;

export const InstanceView = z.object({
  id: z.string(),
  task: z.string(),
  version: z.int().min(1).meta({ description: "Version of the task." }),
  state: z.enum(instanceStates),
  waiting: z
    .enum(waitingReasons)
    .optional()
    .meta({ description: "Why a pending instance is not running." }),
  waitingFor: z.string().optional().meta({
    description: "The gate at which it waits, such as slots:task/report; see …/why.",
  }),
  createdAt: At,
  dueAt: At.meta({ description: "No attempt before this instant." }),
  wakeAt: At.optional().meta({ description: "When it is looked at again at the latest." }),
  startBy: At.optional(),
  deadlineAt: At.optional().meta({ description: "Not finished by then: timed out." }),
  timeoutSeconds: z.number().meta({ description: "One attempt's time." }),
  totalTimeoutSeconds: z.number().optional(),
  heartbeatSeconds: z.number().optional(),
  priority: z.int().meta({ description: "Higher runs first." }),
  group: z.string().optional(),
  colour: z.string().optional().meta({
    description: "The instance from which it began, where an attempt of another one submitted it.",
  }),
  tags: z.record(z.string(), z.string()).optional(),
  input: AnyJson.optional(),
  inputRef: PayloadRefView.optional().meta({ description: "Instead of a large input." }),
  config: AnyObject.optional(),
  idempotencyKey: z.string().optional(),
  backend: z.string().optional().meta({ description: "Where its newest attempt went." }),
  pinnedBackend: z.string().optional().meta({ description: "The only backend it may use." }),
  round: z.int().min(1),
  gathered: z
    .object({ mode: z.enum(["debounce", "batch"]), items: z.int().min(1) })
    .optional()
    .meta({ description: "Where its task gathers submissions: how many of them it stands for." }),
  attemptCount: z.int().min(0).meta({ description: "Attempts ever granted." }),
  attempts: z.array(AttemptView).meta({ description: "The newest attempts, oldest first." }),
  output: AnyJson.optional(),
  outputRef: PayloadRefView.optional().meta({ description: "Instead of a large output." }),
  trace: z
    .object({
      traceparent: z.string(),
      tracestate: z.string().optional(),
      baggage: z.string().optional(),
    })
    .optional()
    .meta({ description: "The trace it was submitted in, when the request named one." }),
  error: ErrorView.optional(),
  finishedAt: At.optional(),
  submittedBy: z.string(),
  trigger: z
    .enum(triggerTypes)
    .optional()
    .meta({ description: "What kind of thing submitted it; absent for clients." }),
  origin: OriginView.optional(),
  recordVersion: z.int().min(1).meta({ description: "Grows by one with every change." }),
  omitted: z.array(PayloadField).optional().meta({
    description: "Fields it has that this answer leaves out for its size; GET the instance.",
  }),
  links: z.object({ self: z.string() }),
});
export type InstanceView = z.infer<typeof InstanceView>;

/** The task's definition in force, and whether it is paused. */
export const TaskView = z.object({
  name: z.string(),
  version: z.int().min(1).meta({ description: "The newest version." }),
  spec: TaskSpec,
  fingerprint: z.string().meta({ description: "SHA-256 of the canonical definition." }),
  paused: z.object({ at: At, by: z.string(), reason: z.string().optional() }).optional(),
  createdAt: At.meta({ description: "When the first version was defined." }),
  updatedAt: At,
  links: z.object({ self: z.string() }),
});
export type TaskView = z.infer<typeof TaskView>;

/** One immutable version of a task. */
export const TaskVersionView = z.object({
  name: z.string(),
  version: z.int().min(1),
  spec: TaskSpec,
  fingerprint: z.string(),
  createdAt: At,
  createdBy: z.string(),
});
export type TaskVersionView = z.infer<typeof TaskVersionView>;

export const HistoryEntryView = z.object({
  version: z.int().min(1).meta({ description: "The record version that this change made." }),
  count: z.int().min(2).optional().meta({ description: "Equal changes folded into this one." }),
  at: At,
  command: z.enum(["submit", ...instanceCommands]),
  from: z.enum(instanceStates).optional(),
  to: z.enum(instanceStates),
  reason: z.string(),
  attempt: z.int().optional(),
  actor: z.string().optional(),
});
export type HistoryEntryView = z.infer<typeof HistoryEntryView>;

export const HistoryView = z.object({
  instanceId: z.string(),
  items: z.array(HistoryEntryView).meta({ description: "Oldest first." }),
  olderDropped: z.int().min(0).meta({ description: "Changes older than those kept." }),
});
export type HistoryView = z.infer<typeof HistoryView>;

export const LogsView = z.object({
  instanceId: z.string(),
  items: z.array(
    z.object({
      attempt: z.int(),
      attemptId: z.string(),
      backend: z.string(),
      state: z.enum(attemptStates),
      available: z.boolean().meta({ description: "False while there is no log of it (yet)." }),
      text: z.string(),
    }),
  ),
});
export type LogsView = z.infer<typeof LogsView>;

/** A page of a list; `nextCursor` is absent on the last one. A page may be short or even empty. */
export function listPage<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().optional().meta({ description: "Give it as cursor to go on." }),
  });
}
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

/** What an attempt may cost by list prices: an estimate. */
export const CostBandView = z.object({
  backend: z.string(),
  lowUsd: z.number().meta({ description: "Nine of ten attempts are expected to cost more." }),
  medianUsd: z.number(),
  highUsd: z.number().meta({ description: "One of ten attempts is expected to cost more." }),
  basis: z.enum(["history", "estimate", "unknown"]).meta({
    description: "What is known of its run time; unknown is a guess that nothing speaks for.",
  }),
});
export type CostBandView = z.infer<typeof CostBandView>;

/** What a submission would do, without doing it. */
export const DryRunAnswer = z.object({
  dryRun: z.literal(true),
  instance: InstanceView,
  receipt: ReceiptView,
  note: z.string().optional().meta({ description: "What else would happen, in a sentence." }),
  cost: CostBandView.optional().meta({
    description: "Of one attempt where it would go now; absent where nothing takes it.",
  }),
});
export type DryRunAnswer = z.infer<typeof DryRunAnswer>;

/** One answer per submission, in their order. */
export const BatchAnswer = z.object({
  items: z.array(
    z.union([
      z.object({ status: z.union([z.literal(202), z.literal(200)]), instance: InstanceView }),
      z.object({ status: z.literal(200) }).extend(DryRunAnswer.shape),
      z.object({ status: z.int().min(400).max(599), error: Problem }),
    ]),
  ),
});
export type BatchAnswer = z.infer<typeof BatchAnswer>;

/** The instances asked for, in order; null where there is none. */
export const LookupAnswer = z.object({ items: z.array(InstanceView.nullable()) });
export type LookupAnswer = z.infer<typeof LookupAnswer>;

export const PurgeAnswer = z.object({
  instancesDeleted: z.int().min(0),
  logsDeleted: z.int().min(0),
  scanned: z.int().min(0),
  nextCursor: z.string().optional().meta({ description: "More may match: ask again with it." }),
});
export type PurgeAnswer = z.infer<typeof PurgeAnswer>;
