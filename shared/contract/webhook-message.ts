import * as z from "zod";
import { base32 } from "../core/ordered-key.ts";
import { instanceStates } from "../instance/moves.ts";
import type { InstanceStateChanged } from "../instance/state-changes.ts";
import { isoTime } from "./http/iso-time.ts";

const At = z.iso.datetime();

/** What a webhook's receiver gets as body. Fields may be added; known ones keep their meaning. */
export const WebhookMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("instance.state_changed"),
    timestamp: At.meta({ description: "When the state changed." }),
    data: z.object({
      instanceId: z.string(),
      task: z.string(),
      taskVersion: z.int().min(1),
      from: z.enum(instanceStates).optional().meta({ description: "Absent for a new instance." }),
      to: z.enum(instanceStates),
      reason: z.string(),
      version: z.int().min(1).meta({ description: "Grows with each change of the instance." }),
      attempt: z.int().min(1).optional(),
      group: z.string().optional(),
    }),
  }),
  z.object({
    type: z.literal("webhook.test"),
    timestamp: At,
    data: z.object({ webhook: z.string() }),
  }),
]);
export type WebhookMessage = z.infer<typeof WebhookMessage>;

/** The message about a change of state. */
export function messageOfChange(change: InstanceStateChanged): WebhookMessage {
  const { instanceId, task, taskVersion, from, to, reason, version, attempt, group } = change;
  return {
    type: "instance.state_changed",
    timestamp: isoTime(change.atMs),
    data: {
      instanceId,
      task,
      taskVersion,
      ...(from === undefined ? {} : { from }),
      to,
      reason,
      version,
      ...(attempt === undefined ? {} : { attempt }),
      ...(group === undefined ? {} : { group }),
    },
  };
}

/** The id of the message about a change: always the same for the same one, and sorted by time. */
export function messageIdOf({ atMs, instanceId, version }: InstanceStateChanged): string {
  return `msg_${base32(atMs, 10)}_${instanceId.replace(/^ins_/, "")}_${version}`;
}

/** The form of such ids, as they stand in paths. */
export const messageIdForm = /^msg_[0-9a-z]{10}_[0-9a-z]{1,40}_\d{1,9}$/;
