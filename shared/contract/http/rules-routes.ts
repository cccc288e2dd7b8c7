import { shippedRules } from "../../routing/rules/shipped.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import {
  ActivateRules,
  CheckedRulesView,
  CheckRules,
  EvaluateRules,
  EvaluationView,
  ExperimentRules,
  PutRules,
  PutRulesView,
  RulesVersionItem,
  RulesVersionParams,
  RulesVersionView,
  RulesView,
  ShadowRules,
} from "./rules-views.ts";
import { listPage } from "./views.ts";

/** Asking about the rules changes nothing. */
const asking = {
  getRules: {
    method: "get",
    path: "/v1/rules",
    tag: "Routing",
    summary: "Show the rules in force",
    description: "With what is tried in shadow or in an experiment, and what was changed last.",
    role: "viewer",
    query: NoQuery,
    answers: { 200: { description: "The rules in force.", schema: RulesView } },
    problems: [],
  },
  listRulesVersions: {
    method: "get",
    path: "/v1/rules/versions",
    tag: "Routing",
    summary: "List the versions of the rules",
    description: "Newest first; the last one is version 0, what is shipped.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of versions.", schema: listPage(RulesVersionItem) } },
    problems: ["invalid_cursor"],
  },
  getRulesVersion: {
    method: "get",
    path: "/v1/rules/versions/{version}",
    tag: "Routing",
    summary: "Show a version of the rules",
    role: "viewer",
    params: RulesVersionParams,
    query: NoQuery,
    answers: { 200: { description: "The version.", schema: RulesVersionView } },
    problems: ["rules_version_not_found"],
  },
  checkRules: {
    method: "post",
    path: "/v1/rules/check",
    tag: "Routing",
    summary: "Check a condition or a rule set",
    description:
      "Answers the canonical text, or every mistake with line, column and suggestion. Nothing is kept.",
    role: "viewer",
    query: NoQuery,
    body: { schema: CheckRules, example: { when: "execution_time_estimate < 300s" } },
    answers: { 200: { description: "What was found, good or bad.", schema: CheckedRulesView } },
    problems: [],
  },
  evaluateRules: {
    method: "post",
    path: "/v1/rules/evaluate",
    tag: "Routing",
    summary: "Say what the rules make of features or a submission",
    description:
      "Nothing is submitted and nothing is kept. Features that are left out are unknown, and what is " +
      "unknown matches no rule.",
    role: "viewer",
    query: NoQuery,
    body: {
      schema: EvaluateRules,
      example: {
        features: {
          execution_time_estimate: "20s",
          cpu_requirement: "1_core",
          memory_requirement: "512MB",
          stateful: false,
          dependencies_count: 1,
          trigger_type: "http",
        },
      },
    },
    answers: { 200: { description: "Type, rule, backend and why.", schema: EvaluationView } },
    problems: ["invalid_rule", "task_not_found", "task_version_not_found"],
  },
} as const satisfies Record<string, RouteSpec>;

/** Saying which rules decide. */
const deciding = {
  putRules: {
    method: "put",
    path: "/v1/rules",
    tag: "Routing",
    summary: "Set the rules",
    description:
      "Makes a new version when the content differs from the newest one, and brings it into force " +
      "unless activate is false. Versions never change. Routing follows within some two seconds.",
    role: "admin",
    query: NoQuery,
    headers: {
      "If-Match": {
        description: "The ETag of the rules: set them only if this is still the newest version.",
      },
    },
    body: {
      schema: PutRules,
      example: { name: "mine", rules: shippedRules.rules, note: "as shipped, for a start" },
    },
    answers: {
      200: { description: "The same content is already the newest version.", schema: PutRulesView },
      201: { description: "A new version is kept.", schema: PutRulesView },
    },
    problems: ["invalid_rule", "conflict", "precondition_failed"],
  },
  activateRules: {
    method: "post",
    path: "/v1/rules/activate",
    tag: "Routing",
    summary: "Bring a version of the rules into force",
    description:
      "Also the way back to an older one; 0 is what is shipped. What is no longer something to try, " +
      "because it is in force now, leaves shadow and experiment.",
    role: "admin",
    query: NoQuery,
    body: { schema: ActivateRules, example: { version: 0, reason: "too much went to Fargate" } },
    answers: { 200: { description: "The rules, with that version in force.", schema: RulesView } },
    problems: ["rules_version_not_found", "conflict"],
  },
  putRulesShadow: {
    method: "put",
    path: "/v1/rules/shadow",
    tag: "Routing",
    summary: "Let a version decide in shadow",
    description:
      "It decides about every attempt too, but its decision is only written into the receipt.",
    role: "admin",
    query: NoQuery,
    body: { schema: ShadowRules, example: { version: 0 } },
    answers: { 200: { description: "The rules, with that shadow.", schema: RulesView } },
    problems: ["rules_version_not_found", "conflict"],
  },
  deleteRulesShadow: {
    method: "delete",
    path: "/v1/rules/shadow",
    tag: "Routing",
    summary: "End the shadow",
    role: "admin",
    query: NoQuery,
    answers: { 200: { description: "The rules, without a shadow.", schema: RulesView } },
    problems: ["conflict"],
  },
  putRulesExperiment: {
    method: "put",
    path: "/v1/rules/experiment",
    tag: "Routing",
    summary: "Try a version on a share of the instances",
    description:
      "The others stay with the rules in force. Which instance belongs to which side depends on its " +
      "id alone and stays the same for all of its attempts.",
    role: "admin",
    query: NoQuery,
    body: { schema: ExperimentRules, example: { candidateVersion: 0, percent: 10 } },
    answers: { 200: { description: "The rules, with that experiment.", schema: RulesView } },
    problems: ["rules_version_not_found", "conflict"],
  },
  deleteRulesExperiment: {
    method: "delete",
    path: "/v1/rules/experiment",
    tag: "Routing",
    summary: "End the experiment",
    role: "admin",
    query: NoQuery,
    answers: { 200: { description: "The rules, without an experiment.", schema: RulesView } },
    problems: ["conflict"],
  },
} as const satisfies Record<string, RouteSpec>;

/** The rules that decide where tasks run. */
export const rulesRoutes = { ...asking, ...deciding } as const;
