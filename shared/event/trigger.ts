import * as z from "zod";
import type { JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import { boundedText, Name, Tags } from "../core/texts.ts";
import { JsonPayload } from "../instance/submission.ts";
import type { Mirrored } from "../schedule/schedule.ts";

/** Body of `PUT /v1/triggers/{name}`: which events, and what is submitted for each. */
export const TriggerSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  /** An EventBridge event pattern. */
  pattern: z.record(z.string(), JsonPayload),
  /** Where the events come by: our own bus, or the account's default bus. */
  bus: z.enum(["switchyard", "default"]).default("switchyard"),
  task: Name,
  version: z.int().min(1).max(99_999_999).optional(),
  /** May hold placeholders such as `{{event.detail.key}}`; default: the whole event. */
  input: JsonPayload.optional(),
  config: z.record(z.string().max(128), JsonPayload).optional(),
  priority: z.int().min(limits.priorityMin).max(limits.priorityMax).optional(),
  group: Name.optional(),
  tags: Tags.optional(),
  timeoutSeconds: z.number().positive().max(limits.attemptTimeoutSecondsMax).optional(),
  backend: Name.optional(),
  /** Whether events that an archive sends again count. */
  replays: z.boolean().default(false),
});
export type TriggerSpec = z.infer<typeof TriggerSpec>;

/** A trigger; firings are counted nowhere but in the instances they make. */
export interface Trigger {
  readonly tenant: string;
  readonly name: string;
  readonly spec: TriggerSpec;
  readonly paused?: { readonly atMs: number; readonly by: string; readonly reason?: string };
  readonly mirror?: Mirrored;
  readonly wakeAtMs?: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** An event in the form in which EventBridge delivers it. */
export interface BusEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: JsonObject;
  /** Present when an archive sends it again. */
  readonly "replay-name"?: string;
  readonly [other: string]: JsonValue | readonly string[] | undefined;
}
