import * as z from "zod";
import { type Limit, LimitSpec } from "../../limit/limit.ts";
import type { SlotHolder } from "../../limit/slots.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();

/** How much of a limit is in use right now. */
export const LimitUseView = z.object({
  held: z
    .int()
    .min(0)
    .optional()
    .meta({ description: "Slots that attempts hold; may exceed a bound that was lowered." }),
  startsLeft: z.int().min(0).optional().meta({ description: "Attempts that could start now." }),
  nextStartAt: At.optional().meta({ description: "When the next attempt may start." }),
  waiting: z.int().min(0).meta({
    description: "Instances in its lines. 1000 means: at least so many in one of them.",
  }),
});
export type LimitUseView = z.infer<typeof LimitUseView>;

/** A bound that several tasks share. */
export const LimitView = z.object({
  name: z.string(),
  spec: LimitSpec,
  use: LimitUseView.optional().meta({ description: "Left out of lists." }),
  createdAt: At,
  updatedAt: At,
  updatedBy: z.string(),
  links: z.object({ self: z.string(), holders: z.string() }),
});
export type LimitView = z.infer<typeof LimitView>;

/** An attempt that has one of the slots. */
export const HolderView = z.object({
  instanceId: z.string(),
  attemptId: z.string(),
  since: At,
  links: z.object({ instance: z.string() }),
});
export type HolderView = z.infer<typeof HolderView>;

export function limitToView(limit: Limit, use?: LimitUseView): LimitView {
  const { name, spec } = limit;
  const self = `/v1/limits/${name}`;
  return {
    name,
    spec,
    ...(use === undefined ? {} : { use }),
    createdAt: isoTime(limit.createdAtMs),
    updatedAt: isoTime(limit.updatedAtMs),
    updatedBy: limit.updatedBy,
    links: { self, holders: `${self}/holders` },
  };
}

export function holderToView({ attemptId, instanceId, sinceMs }: SlotHolder): HolderView {
  const instance = `/v1/instances/${instanceId}`;
  return { instanceId, attemptId, since: isoTime(sinceMs), links: { instance } };
}
