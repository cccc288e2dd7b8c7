import { PortraitQuery, PortraitView, SpreadRequest, SpreadView } from "./portrait-views.ts";
import { NoQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";

/** What schedules will do together, and how to make them collide less. */
export const portraitRoutes = {
  getPortrait: {
    method: "get",
    path: "/v1/portrait",
    tag: "Schedules",
    summary: "Foresee what all schedules do together",
    description:
      "Expands all active schedules with the run times learned of their tasks: runs at the same time, " +
      "starts and list prices by time, by group and by task; what capacities have to bear; where that is " +
      "too much, or many schedules share one instant; and the least jitter that removes it.",
    role: "viewer",
    query: PortraitQuery,
    answers: { 200: { description: "The portrait, as of now.", schema: PortraitView } },
    problems: [],
  },
  spreadSchedules: {
    method: "post",
    path: "/v1/portrait/spread",
    tag: "Schedules",
    summary: "Spread schedules that collide",
    description:
      "Gives schedules the jitter that the portrait proposes, as ordinary changes of them: their slots " +
      "count anew from now. Refused as a whole when one of them was changed since; with dryRun nothing " +
      "is stored. If one is changed by somebody else in the very moment, its item says so.",
    role: "admin",
    query: NoQuery,
    body: {
      schema: SpreadRequest,
      example: {
        schedules: [
          { name: "nightly-report", revision: 3, jitterSeconds: 240 },
          { name: "nightly-export", revision: 1, jitterSeconds: 240 },
        ],
      },
    },
    answers: { 200: { description: "What became of each schedule.", schema: SpreadView } },
    problems: ["schedule_not_found", "precondition_failed"],
  },
} as const satisfies Record<string, RouteSpec>;
