import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Problem } from "./views.ts";

/** Body of `POST /v1/events`: which of the known forms it has is found out by what is in it. */
export const EventsBody = z.union([
  z.looseObject({}),
  z.array(z.unknown()).min(1).max(limits.eventsPerRequestMax),
]);
export type EventsBody = z.infer<typeof EventsBody>;

/** What one trigger made of an event. */
export const TakenView = z.object({
  trigger: z.string().optional().meta({
    description: 'Absent for the submission that a "Submit Task" event itself is.',
  }),
  outcome: z.enum(["submitted", "ignored", "refused"]),
  instanceId: z.string().optional(),
  repeated: z.boolean().optional().meta({ description: "The event had made it before." }),
  reason: z.string().optional().meta({ description: "Why it was ignored." }),
  error: Problem.optional().meta({ description: "Why nothing was submitted." }),
});
export type TakenView = z.infer<typeof TakenView>;

/** What became of one event. */
export const EventAnswer = z.union([
  z.object({
    status: z.literal(200),
    eventId: z.string(),
    taken: z.array(TakenView).meta({ description: "Empty where no trigger matches." }),
  }),
  z.object({ status: z.int().min(400).max(599), error: Problem }),
]);
export type EventAnswer = z.infer<typeof EventAnswer>;

export const EventsAnswer = z.object({ items: z.array(EventAnswer) });
export type EventsAnswer = z.infer<typeof EventsAnswer>;
