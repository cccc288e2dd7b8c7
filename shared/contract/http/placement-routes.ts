import { PlacementView } from "./placement-views.ts";
import { NoQuery, TaskParams } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";

/** What routing has learned. */
export const placementRoutes = {
  getTaskPlacement: {
    method: "get",
    path: "/v1/tasks/{name}/placement",
    tag: "Routing",
    summary: "Show where a task belongs",
    description:
      "What was learned from its runs, per backend and size of input; whether it goes to a bigger " +
      "backend directly, and why; and every change of mind so far.",
    role: "viewer",
    params: TaskParams,
    query: NoQuery,
    answers: { 200: { description: "What was learned so far.", schema: PlacementView } },
    problems: ["task_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;
