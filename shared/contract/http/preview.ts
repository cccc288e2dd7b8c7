import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name } from "../../core/texts.ts";
import { Instant } from "../../instance/submission.ts";
import { calendarPolicies, ScheduleSpec } from "../../schedule/schedule.ts";

const At = z.iso.datetime();
const { expression, timezone, jitterSeconds, calendars } = ScheduleSpec.shape;

/** Body of `POST /v1/schedules/preview`. */
export const PreviewRequest = z
  .strictObject({
    expression: expression.meta({
      description: "`cron(…)` of six fields, five plain cron fields, `rate(…)` or `at(…)`.",
    }),
    timezone,
    count: z.int().min(1).max(limits.previewFiresMax).default(20),
    from: Instant.optional().meta({
      description: "Fires later than that; default: now. Also where `rate(…)` counts from.",
    }),
    name: Name.optional().meta({
      description: "The schedule's name, which decides its place within the jitter.",
    }),
    calendars,
    calendar: Name.optional().meta({ description: "Short for a single one of `calendars`." }),
    onClosedDay: z.enum(calendarPolicies).default("skip"),
    jitterSeconds,
    startAt: Instant.optional(),
    endAt: Instant.optional(),
  })
  .refine(({ calendar, calendars }) => calendar === undefined || calendars === undefined, {
    path: ["calendar"],
    error: "cannot be given together with calendars",
  });
export type PreviewRequest = z.infer<typeof PreviewRequest>;

/** When a schedule would fire, and why not at other times. */
export const PreviewAnswer = z.object({
  expression: z.string().meta({ description: "As EventBridge Scheduler takes it." }),
  timezone: z.string(),
  description: z.string().meta({ description: "What it means, in words." }),
  notes: z.array(z.string()),
  fires: z.array(
    z.object({
      nominal: At.meta({ description: "What the expression says: the identity of the slot." }),
      effective: At.meta({ description: "When it fires, after calendars and jitter." }),
      local: z.string().meta({ description: "The nominal time on the clocks of the zone." }),
      note: z.string().optional(),
    }),
  ),
  skipped: z.array(
    z.object({
      local: z.string(),
      nominal: At.optional().meta({ description: "Absent where the clocks never show it." }),
      note: z.string(),
    }),
  ),
});
export type PreviewAnswer = z.infer<typeof PreviewAnswer>;
