import * as z from "zod";
import { Name } from "../../core/texts.ts";
import { PageQuery } from "./requests.ts";

export const ScheduleParams = z.strictObject({ name: Name });

export const BackfillParams = z.strictObject({
  name: Name,
  id: z.string().regex(/^bfl_[0-9a-z]{1,40}$/, "must be the id of a backfill"),
});

export const ScheduleListQuery = PageQuery.extend({
  task: Name.optional(),
  group: Name.optional(),
  state: z.enum(["active", "paused", "completed"]).optional(),
});
export type ScheduleListQuery = z.infer<typeof ScheduleListQuery>;
