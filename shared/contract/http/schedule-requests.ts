import * as z from "zod";
import { IdempotencyKey, Name } from "../../core/texts.ts";
import { PageQuery } from "./requests.ts";

export const ScheduleParams = z.strictObject({ name: Name });

export const BackfillParams = z.strictObject({
  name: Name,
  id: z.string().regex(/^bfl_[0-9a-z]{1,40}$/, "must be the id of a backfill"),
});

/** Body of `POST /v1/schedules/{name}/run`. */
export const RunSchedule = z.strictObject({ idempotencyKey: IdempotencyKey.optional() });
export type RunSchedule = z.infer<typeof RunSchedule>;

export const ScheduleListQuery = PageQuery.extend({
  task: Name.optional(),
  group: Name.optional(),
  state: z.enum(["active", "paused", "completed"]).optional(),
});
export type ScheduleListQuery = z.infer<typeof ScheduleListQuery>;
