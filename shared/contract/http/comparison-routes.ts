import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name } from "../../core/texts.ts";
import { Instant } from "../../instance/submission.ts";
import { RuleSetSpec } from "../../routing/rules/rule-set.ts";
import { AllocationPolicy } from "../../task/allocation-policy.ts";
import { RulesComparisonView, StopCheckView, WhatIfView } from "./comparison-views.ts";
import { NoQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";

/** Body of `POST /v1/rules/what-if`. */
export const WhatIfRequest = z.strictObject({
  rules: z
    .union([RuleSetSpec, z.strictObject({ version: z.int().min(0) })])
    .optional()
    .meta({ description: "Rules to try, or a stored version; default: the rules in force." }),
  policy: AllocationPolicy.optional().meta({
    description: "Instead of the rules' own policy; tasks with a policy of their own keep it.",
  }),
  task: Name.optional().meta({ description: "Only instances of this task." }),
  since: Instant.meta({ description: "Submitted at this instant or later." }),
  until: Instant.optional().meta({ description: "Submitted before this instant; default: now." }),
  limit: z
    .int()
    .min(1)
    .max(limits.whatIfInstancesMax)
    .optional()
    .meta({ description: `Instances to read at most; default ${limits.whatIfInstancesMax}.` }),
});
export type WhatIfRequest = z.infer<typeof WhatIfRequest>;

export const ComparisonQuery = z.strictObject({
  since: Instant.optional().meta({
    description: "Submitted at this instant or later; default: seven days ago.",
  }),
  until: Instant.optional().meta({ description: "Submitted before this instant; default: now." }),
  task: Name.optional().meta({ description: "Only instances of this task." }),
});
export type ComparisonQuery = z.infer<typeof ComparisonQuery>;

/** What other rules would do, or did. */
export const comparisonRoutes = {
  tryRules: {
    method: "post",
    path: "/v1/rules/what-if",
    tag: "Routing",
    summary: "Try rules on history",
    description:
      "Repeats the decisions of stored instances by other rules or another policy, and compares " +
      "money, time and timeouts. An instance that moves is priced and timed by its actual run on " +
      "the other backend and by the wait that was predicted there. Nothing is changed.",
    role: "operator",
    query: NoQuery,
    body: {
      schema: WhatIfRequest,
      example: {
        rules: {
          name: "cheaper",
          rules: [
            {
              name: "long_runs",
              when: "execution_time_estimate > 25s",
              type: "traditional",
              priority: "high",
            },
          ],
          policy: { name: "cost-first" },
        },
        since: "2026-11-01T00:00:00Z",
      },
    },
    answers: { 200: { description: "The comparison.", schema: WhatIfView } },
    problems: ["invalid_rule", "rules_version_not_found", "task_not_found"],
  },
  compareRules: {
    method: "get",
    path: "/v1/rules/comparison",
    tag: "Routing",
    summary: "Compare rules in shadow and in experiments with those in force",
    description:
      "What rules in shadow would have decided otherwise, by what their receipts say; and how the " +
      "arms of experiments differ, with 95 % confidence intervals.",
    role: "operator",
    query: ComparisonQuery,
    answers: { 200: { description: "Both reports.", schema: RulesComparisonView } },
    problems: ["task_not_found"],
  },
  stopWorseExperiment: {
    method: "post",
    path: "/v1/rules/experiment/stop-if-worse",
    tag: "Routing",
    summary: "End the experiment if its candidate is clearly worse",
    description:
      "Meant to be asked every now and then, so it is strict: 99.9 % confidence and at least a " +
      "hundred instances of each arm since the experiment's start.",
    role: "admin",
    query: NoQuery,
    answers: { 200: { description: "What was found and done.", schema: StopCheckView } },
    problems: ["conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
