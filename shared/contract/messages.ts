import * as z from "zod";
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

/** Source and detail type of the events that Switchyard puts on its bus. */
export const busEvents = {
  source: "switchyard",
  instanceStateChanged: "Instance State Changed",
} as const;
