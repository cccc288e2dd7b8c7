import { attemptRoutes } from "./attempt-routes.ts";
import { calendarRoutes } from "./calendar-routes.ts";
import { comparisonRoutes } from "./comparison-routes.ts";
import { findingRoutes } from "./finding-routes.ts";
import { functionRoutes } from "./function-routes.ts";
import { groupRoutes } from "./group-routes.ts";
import { instanceRoutes } from "./instance-routes.ts";
import { limitRoutes } from "./limit-routes.ts";
import { operationRoutes } from "./operation-routes.ts";
import { payloadRoutes } from "./payload-routes.ts";
import { placementRoutes } from "./placement-routes.ts";
import { poolRoutes } from "./pool-routes.ts";
import { portraitRoutes } from "./portrait-routes.ts";
import { previewRoutes } from "./preview-routes.ts";
import type { RouteSpec } from "./route-spec.ts";
import { rulesRoutes } from "./rules-routes.ts";
import { scheduleRoutes } from "./schedule-routes.ts";
import { taskRoutes } from "./task-routes.ts";
import { triggerRoutes } from "./trigger-routes.ts";
import { webhookRoutes } from "./webhook-routes.ts";

/** Every route of the API by its operation id: the one table behind app, document and clients. */
export const routes = {
  ...taskRoutes,
  ...placementRoutes,
  ...instanceRoutes,
  ...payloadRoutes,
  ...operationRoutes,
  ...rulesRoutes,
  ...comparisonRoutes,
  ...functionRoutes,
  ...poolRoutes,
  ...limitRoutes,
  ...attemptRoutes,
  ...webhookRoutes,
  ...findingRoutes,
  ...groupRoutes,
  ...calendarRoutes,
  ...previewRoutes,
  ...scheduleRoutes,
  ...portraitRoutes,
  ...triggerRoutes,
} as const satisfies Record<string, RouteSpec>;

export type OperationId = keyof typeof routes;

export const operationIds = Object.keys(routes) as readonly OperationId[];
