import * as z from "zod";
import { limits } from "../core/limits.ts";
import { Name } from "../core/texts.ts";

/** Body of a message on the dispatch queue. */
export const HintMessage = z.object({
  kind: z.literal("hint"),
  tenant: z.string().min(1),
  instanceId: z.string().min(1),
});
export type HintMessage = z.infer<typeof HintMessage>;

/** Input of the timekeeper, sent by its schedule every minute. */
export const TickMessage = z.object({ kind: z.literal("tick"), scheduledAt: z.string() });
export type TickMessage = z.infer<typeof TickMessage>;

/**
 * The part of a Lambda function's event by which its completion finds the attempt and proves to come
 * from it. Lambda hands the event back in the destination record; nothing else connects the two.
 */
export const AttemptCredential = z.object({
  version: z.literal(1),
  instance: z.object({
    id: z.string().regex(/^ins_[0-9a-z]{10,40}$/),
    tenant: Name,
  }),
  attempt: z.object({ id: z.string().regex(/^att_[0-9a-z]{10,40}$/) }),
  attempt_token: z.string().min(1).max(128),
  /** There when the function could put a large output away; where to is not asked any more. */
  outputs_url: z.looseObject({}).optional(),
});
export type AttemptCredential = z.infer<typeof AttemptCredential>;

/** Event of the function that deploys functions: what the API and the timekeeper ask of it. */
export const DeployerMessage = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("deploy"),
    tenant: Name,
    name: Name,
    digest: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.object({
    kind: z.literal("try"),
    tenant: Name,
    name: Name,
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    event: z.json(),
  }),
  z.object({ kind: z.literal("remove"), tenant: Name, name: Name }),
]);
export type DeployerMessage = z.infer<typeof DeployerMessage>;

const scheduleLook = { kind: z.literal("schedule"), tenant: Name, name: Name } as const;
/** Names of gates hold more than names of tasks do. */
const gateLook = { kind: z.literal("gate"), tenant: Name, name: z.string().min(1) } as const;
const backfillLook = { kind: z.literal("backfill"), tenant: Name, name: Name } as const;

/**
 * Body of a message on the intake queue: a record to look at, or an event to take in. What else a
 * firing of EventBridge Scheduler says goes to the log: what is due stands in the record.
 */
export const IntakeMessage = z.discriminatedUnion("kind", [
  z.object({
    ...scheduleLook,
    generation: z.int().optional(),
    scheduledTime: z.string().optional(),
    executionId: z.string().optional(),
  }),
  z.object({ ...backfillLook, id: z.string().min(1) }),
  z.object({ ...gateLook, id: z.string().min(1) }),
  z.object({
    kind: z.literal("event"),
    tenant: Name,
    /** The trigger whose rule let the event pass; absent for what is for nobody in particular. */
    trigger: Name.optional(),
    event: z.looseObject({ id: z.string().min(1) }),
  }),
]);
export type IntakeMessage = z.infer<typeof IntakeMessage>;

/** Event of the function that mirrors records to services outside. */
export const MirrorMessage = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("mirror"),
    records: z
      .array(z.object({ of: z.enum(["schedule", "trigger"]), tenant: Name, name: Name }))
      .min(1)
      .max(limits.recordHintsPerCallMax),
  }),
  /** Compares everything; sent by a schedule. */
  z.object({ kind: z.literal("sweep"), scheduledAt: z.string() }),
]);
export type MirrorMessage = z.infer<typeof MirrorMessage>;

/** Event of the function that delivers webhooks. */
export const WebhookCall = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("deliveries"),
    records: z
      .array(z.object({ tenant: Name, name: Name, id: z.string().min(1) }))
      .min(1)
      .max(limits.recordHintsPerCallMax),
  }),
  /** One message now and once; the caller waits for what becomes of it. */
  z.object({
    kind: z.literal("ping"),
    tenant: Name,
    name: Name,
    id: z.string().min(1),
    body: z.string(),
  }),
]);
export type WebhookCall = z.infer<typeof WebhookCall>;

/** Input of the function that watches over the plane, sent by its schedule. */
export const WatchMessage = z.object({ kind: z.literal("watch"), scheduledAt: z.string() });
export type WatchMessage = z.infer<typeof WatchMessage>;

/** Source and detail types of the events that Switchyard puts on its bus, or finds there. */
export const busEvents = {
  source: "switchyard",
  instanceStateChanged: "Instance State Changed",
  /** Of events of any source but our own, whose detail is a submission. */
  submitTask: "Submit Task",
  /** Of our event that says why such an event made no instance. */
  submissionRefused: "Submission Refused",
} as const;
