import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { boundedText } from "../../core/texts.ts";
import { findingIdForm } from "../../finding/finding.ts";
import { FindingView } from "./finding-views.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { listPage } from "./views.ts";

const FindingParams = z.strictObject({
  id: z
    .string()
    .regex(findingIdForm, "must be the id of a finding, as they are listed with")
    .meta({ description: "Id of the finding." }),
});

export const FindingsQuery = PageQuery.extend({
  state: z.enum(["open", "closed"], 'must be "open" or "closed"').optional(),
  scope: z.enum(["tenant", "system"], 'must be "tenant" or "system"').optional().meta({
    description: "Whether about the tenant's schedules (the default) or about the system itself.",
  }),
});
export type FindingsQuery = z.infer<typeof FindingsQuery>;

export const Acknowledgement = z.strictObject({
  note: boundedText(limits.reasonBytesMax).optional(),
});
export type Acknowledgement = z.infer<typeof Acknowledgement>;

/** What the watch has found. */
export const findingRoutes = {
  listFindings: {
    method: "get",
    path: "/v1/findings",
    tag: "Operations",
    summary: "List what should have happened and has not",
    description:
      "Newest first: slots of schedules that were missed, begun or finished too late, and what is wrong " +
      `with the system itself. Closed ones are kept for ${limits.findingKeepMs / 86_400_000} days. ` +
      "A page may be empty while more follow.",
    role: "viewer",
    query: FindingsQuery,
    answers: { 200: { description: "A page of findings.", schema: listPage(FindingView) } },
    problems: ["invalid_cursor"],
  },
  acknowledgeFinding: {
    method: "post",
    path: "/v1/findings/{id}/acknowledge",
    tag: "Operations",
    summary: "Say that somebody takes care of a finding",
    description:
      "It stays open until what it is about is well again. Findings about the system itself are closed " +
      "by what they are about alone.",
    role: "operator",
    params: FindingParams,
    query: NoQuery,
    body: { schema: Acknowledgement, example: { note: "the bank is closed" }, optional: true },
    answers: { 200: { description: "The finding.", schema: FindingView } },
    problems: ["finding_not_found", "conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
