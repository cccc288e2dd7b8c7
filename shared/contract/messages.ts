import * as z from "zod";

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

/** Source and detail type of the events that Switchyard puts on its bus. */
export const busEvents = {
  source: "switchyard",
  instanceStateChanged: "Instance State Changed",
} as const;
