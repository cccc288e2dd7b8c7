import * as z from "zod";
import type { Backfill } from "../../schedule/schedule.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();

/** A range of a schedule's slots that is worked off, and how far that has come. */
export const BackfillView = z.object({
  id: z.string(),
  schedule: z.string(),
  state: z.enum(["running", "cancelled", "finished"]),
  from: At,
  to: At,
  concurrency: z.int(),
  slots: z.enum(["missing", "all"]),
  order: z.enum(["oldest_first", "newest_first"]),
  reason: z.string().optional(),
  total: z.int().meta({ description: "Slots in the range." }),
  fired: z.int().meta({ description: "Slots that it made an instance for." }),
  leftOut: z.int().meta({ description: "Slots that had been fired before." }),
  refused: z.int().meta({ description: "Slots whose submission was refused; the slot says why." }),
  running: z.int().meta({ description: "Instances of it that are not finished." }),
  succeeded: z.int(),
  failed: z.int().meta({ description: "Instances that ended in any other way." }),
  createdAt: At,
  createdBy: z.string(),
  finishedAt: At.optional(),
  links: z.object({ self: z.string() }),
});
export type BackfillView = z.infer<typeof BackfillView>;

/** What a backfill would do. */
export const BackfillPlan = z.object({
  dryRun: z.literal(true),
  total: z.int().meta({ description: "Slots in the range." }),
  toRun: z.int().meta({ description: "Slots that would get an instance." }),
  leftOut: z.int().meta({ description: "Slots that were fired before." }),
  items: z
    .array(z.object({ nominalAt: At, fired: z.boolean() }))
    .meta({ description: "The first 1000 slots in the order of the request." }),
});
export type BackfillPlan = z.infer<typeof BackfillPlan>;

export function backfillToView(backfill: Backfill): BackfillView {
  const { id, schedule, state, request, finishedAtMs } = backfill;
  return {
    id,
    schedule,
    state,
    from: isoTime(Date.parse(request.from)),
    to: isoTime(Date.parse(request.to)),
    concurrency: request.concurrency,
    slots: request.slots,
    order: request.order,
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    total: backfill.total,
    fired: backfill.fired,
    leftOut: backfill.leftOut,
    refused: backfill.refused,
    running: backfill.open.length,
    succeeded: backfill.succeeded,
    failed: backfill.failed,
    createdAt: isoTime(backfill.createdAtMs),
    createdBy: backfill.createdBy,
    ...(finishedAtMs === undefined ? {} : { finishedAt: isoTime(finishedAtMs) }),
    links: { self: `/v1/schedules/${schedule}/backfills/${id}` },
  };
}
