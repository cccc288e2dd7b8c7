import * as z from "zod";
import { type Trigger, TriggerSpec } from "../../event/trigger.ts";
import { JsonPayload } from "../../instance/submission.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();

/** A trigger as others see it. */
export const TriggerView = z.object({
  name: z.string(),
  spec: TriggerSpec,
  state: z.enum(["active", "paused"]),
  paused: z.object({ at: At, by: z.string(), reason: z.string().optional() }).optional(),
  mirror: z
    .object({
      state: z.enum(["pending", "in_sync", "failed"]),
      at: At,
      error: z.string().optional(),
    })
    .optional()
    .meta({ description: "Whether its rule stands at EventBridge; absent where there is no bus." }),
  createdAt: At,
  updatedAt: At,
  updatedBy: z.string(),
  links: z.object({ self: z.string() }),
});
export type TriggerView = z.infer<typeof TriggerView>;

export function triggerToView(trigger: Trigger): TriggerView {
  const { name, spec, paused, mirror } = trigger;
  return {
    name,
    spec,
    state: paused === undefined ? "active" : "paused",
    ...(paused === undefined
      ? {}
      : {
          paused: {
            at: isoTime(paused.atMs),
            by: paused.by,
            ...(paused.reason === undefined ? {} : { reason: paused.reason }),
          },
        }),
    ...(mirror === undefined
      ? {}
      : {
          mirror: {
            state: mirror.state,
            at: isoTime(mirror.atMs),
            ...(mirror.error === undefined ? {} : { error: mirror.error }),
          },
        }),
    createdAt: isoTime(trigger.createdAtMs),
    updatedAt: isoTime(trigger.updatedAtMs),
    updatedBy: trigger.updatedBy,
    links: { self: `/v1/triggers/${name}` },
  };
}

/** Body of `POST /v1/triggers/test`. */
export const PatternTest = z.strictObject({
  pattern: JsonPayload.meta({ description: "An EventBridge event pattern." }),
  event: z.record(z.string(), JsonPayload),
});
export type PatternTest = z.infer<typeof PatternTest>;

/** What became of a pattern and an event. */
export const PatternVerdict = z.object({
  matches: z.boolean(),
  reason: z.string().meta({ description: "In words; of the alternative that comes nearest." }),
  path: z.string().optional().meta({
    description: "The field, or the list, that stands against it; absent where it is all of it.",
  }),
});
export type PatternVerdict = z.infer<typeof PatternVerdict>;
