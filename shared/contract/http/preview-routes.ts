import { PreviewAnswer, PreviewRequest } from "./preview.ts";
import { NoQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";

/** What a schedule would do, before there is one. */
export const previewRoutes = {
  previewSchedule: {
    method: "post",
    path: "/v1/schedules/preview",
    tag: "Schedules",
    summary: "Preview the fires of a schedule",
    description:
      "Says what an expression means and when it fires next, with what daylight saving time, " +
      "calendars and jitter do to it. Nothing is stored.",
    role: "viewer",
    query: NoQuery,
    body: {
      schema: PreviewRequest,
      example: {
        expression: "cron(30 2 * * ? *)",
        timezone: "America/New_York",
        count: 3,
        from: "2027-03-12T12:00:00Z",
      },
    },
    answers: { 200: { description: "The next fires, oldest first.", schema: PreviewAnswer } },
    problems: ["calendar_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
