import { DoctorView, HealthView } from "./operation-views.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";

/** Looking after the system itself. */
export const operationRoutes = {
  examineInstances: {
    method: "get",
    path: "/v1/doctor",
    tag: "Operations",
    summary: "Examine stored instances",
    description:
      "Checks each instance against the invariants and answers what does not hold; nothing is " +
      "changed. Ask again with nextCursor until it is absent.",
    role: "operator",
    query: PageQuery,
    answers: { 200: { description: "What was found on this page.", schema: DoctorView } },
    problems: ["invalid_cursor"],
  },
  getHealth: {
    method: "get",
    path: "/v1/health",
    tag: "Operations",
    summary: "Show whether the parts work",
    role: "anyone",
    query: NoQuery,
    answers: {
      200: { description: "All parts work, or work slowly.", schema: HealthView },
      503: { description: "A part is down.", schema: HealthView },
    },
    problems: [],
  },
  getOpenApi: {
    method: "get",
    path: "/v1/openapi.json",
    tag: "Operations",
    summary: "Show this contract",
    description: "OpenAPI 3.1, made from the schemas that check the requests.",
    role: "anyone",
    query: NoQuery,
    answers: { 200: { description: "The document." } },
    problems: [],
  },
  getErrorDocs: {
    method: "get",
    path: "/v1/docs/errors",
    tag: "Operations",
    summary: "Read what each error code means",
    role: "anyone",
    query: NoQuery,
    answers: { 200: { description: "The codes as a page.", contentType: "text/html" } },
    problems: [],
  },
  getDocs: {
    method: "get",
    path: "/v1/docs",
    tag: "Operations",
    summary: "Read this contract",
    role: "anyone",
    query: NoQuery,
    answers: { 200: { description: "The reference as a page.", contentType: "text/html" } },
    problems: [],
  },
} as const satisfies Record<string, RouteSpec>;
