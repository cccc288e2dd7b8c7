import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText } from "../core/texts.ts";
import { Instant } from "../instance/submission.ts";

const Day = z.iso.date().meta({ description: "A day as YYYY-MM-DD." });
const weekdays = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] as const;

/** Body of `PUT /v1/calendars/{name}`: which days, and which stretches of time, are closed. */
export const CalendarSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  /** Closed every week. */
  weekend: z.array(z.enum(weekdays)).max(6).default([]),
  /** Public holidays of a country, and of a state and region of it, by ISO code. */
  holidays: z
    .strictObject({
      country: z.string().regex(/^[A-Z]{2}$/, "must be a country's two letters, such as DE"),
      state: z
        .string()
        .regex(/^[A-Z0-9-]{1,6}$/)
        .optional(),
      region: z
        .string()
        .regex(/^[A-Z0-9-]{1,6}$/)
        .optional(),
    })
    .optional(),
  closedDays: z.array(Day).max(limits.calendarDaysMax).default([]),
  /** Open although a weekend or holiday. */
  openDays: z.array(Day).max(limits.calendarDaysMax).default([]),
  /** Change freezes: closed from one instant to another. */
  freezes: z
    .array(
      z
        .strictObject({
          from: Instant,
          to: Instant.meta({ description: "Exclusive." }),
          reason: boundedText(limits.reasonBytesMax).optional(),
        })
        .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
          path: ["to"],
          error: "must be later than from",
        }),
    )
    .max(limits.calendarFreezesMax)
    .default([]),
});
export type CalendarSpec = z.infer<typeof CalendarSpec>;

export interface Calendar {
  readonly tenant: string;
  readonly name: string;
  readonly spec: CalendarSpec;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}
