import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name } from "../../core/texts.ts";
import { GroupSpec, TenantSpec } from "../../group/group.ts";
import { InstanceAction } from "../../instance/submission.ts";
import { BudgetView } from "./budget-views.ts";
import { GroupView, TenantView } from "./group-views.ts";
import { DeletedAnswer } from "./pool-views.ts";
import { InstanceParams, NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { InstanceView, listPage } from "./views.ts";

const GroupParams = z.strictObject({ name: Name.meta({ description: "Name of the group." }) });

const BudgetParams = z.strictObject({
  budget: z
    .string()
    .regex(
      /^(tenant|(group|task):[A-Za-z0-9][A-Za-z0-9_-]{0,62})$/,
      'must be "tenant", "group:<name>" or "task:<name>"',
    )
    .transform((text) => text.replace(":", "/"))
    .meta({ description: '"tenant", "group:<name>" or "task:<name>".' }),
});

const BudgetQuery = z.strictObject({
  days: z
    .string("must be given once")
    .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${limits.budgetDaysShownMax}`)
    .transform(Number)
    .pipe(z.int().min(1).max(limits.budgetDaysShownMax))
    .optional()
    .meta({ description: "How many days back, today included; default 7." }),
});

const groupExample = {
  description: "The nightly batch and what it calls.",
  concurrency: 20,
  submissionsPerMinute: 600,
  budget: { usdPerDay: 25, whenExhausted: "downgrade", timezone: "Europe/Berlin" },
  backends: ["fargate-spot", "lambda"],
} as const;

/** Groups, what bounds the tenant as a whole, and the money that both may spend. */
export const groupRoutes = {
  defineGroup: {
    method: "put",
    path: "/v1/groups/{name}",
    tag: "Groups",
    summary: "Define a group",
    description:
      "Makes it or replaces what it says; a pause stays. Instances may name a group that is not " +
      "defined: it then has no bounds. A larger budget lets those go that waited for it.",
    role: "admin",
    params: GroupParams,
    query: NoQuery,
    body: { schema: GroupSpec, example: groupExample },
    answers: {
      200: { description: "The group, changed or as it was.", schema: GroupView },
      201: { description: "The group is new.", schema: GroupView },
    },
    problems: ["limit_reached", "conflict"],
  },
  listGroups: {
    method: "get",
    path: "/v1/groups",
    tag: "Groups",
    summary: "List the groups",
    description: "In the order of their names, without what is in use.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of groups.", schema: listPage(GroupView) } },
    problems: ["invalid_cursor"],
  },
  getGroup: {
    method: "get",
    path: "/v1/groups/{name}",
    tag: "Groups",
    summary: "Show a group",
    description: `With what is in use. Counts instances among its newest ${limits.listScanMax}.`,
    role: "viewer",
    params: GroupParams,
    query: NoQuery,
    answers: { 200: { description: "The group.", schema: GroupView } },
    problems: ["group_not_found"],
  },
  deleteGroup: {
    method: "delete",
    path: "/v1/groups/{name}",
    tag: "Groups",
    summary: "Delete a group",
    description:
      `Refused while the newest version of a task names it, or one of its newest ${limits.listScanMax} ` +
      "instances is open.",
    role: "admin",
    params: GroupParams,
    query: NoQuery,
    answers: { 200: { description: "It is gone.", schema: DeletedAnswer } },
    problems: ["group_not_found", "group_in_use", "conflict"],
  },
  getTenant: {
    method: "get",
    path: "/v1/tenant",
    tag: "Groups",
    summary: "Show what bounds the tenant",
    role: "viewer",
    query: NoQuery,
    answers: { 200: { description: "Its bounds, and what is in use.", schema: TenantView } },
    problems: [],
  },
  putTenant: {
    method: "put",
    path: "/v1/tenant",
    tag: "Groups",
    summary: "Set what bounds the tenant",
    description:
      "Replaces all bounds; what is left out has none. Whether the tenant is stopped stays as it is.",
    role: "admin",
    query: NoQuery,
    body: {
      schema: TenantSpec,
      example: { submissionsPerMinute: 6_000, budget: { usdPerDay: 100, whenExhausted: "ask" } },
    },
    answers: { 200: { description: "Its bounds, as stored.", schema: TenantView } },
    problems: ["conflict"],
  },
  listBudgets: {
    method: "get",
    path: "/v1/budgets",
    tag: "Groups",
    summary: "List the budgets",
    description:
      "Of the tenant, of groups and of tasks in their newest versions, in this order. A page may " +
      "hold fewer items than asked for, even none, while nextCursor says that there may be more.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of budgets.", schema: listPage(BudgetView) } },
    problems: ["invalid_cursor"],
  },
  getBudget: {
    method: "get",
    path: "/v1/budgets/{budget}",
    tag: "Groups",
    summary: "Show a budget day by day",
    role: "viewer",
    params: BudgetParams,
    query: BudgetQuery,
    answers: { 200: { description: "The budget and its days.", schema: BudgetView } },
    problems: ["budget_not_found"],
  },
  approveInstance: {
    method: "post",
    path: "/v1/instances/{id}/approve",
    tag: "Instances",
    summary: "Let an instance pass an exhausted budget",
    description:
      "For one that waits for approval. It starts as soon as nothing else holds it back, and what it " +
      "costs is still counted. Approving it again answers the same.",
    role: "operator",
    params: InstanceParams,
    query: NoQuery,
    body: { schema: InstanceAction, example: { reason: "month-end closing" }, optional: true },
    answers: { 202: { description: "The instance, let go.", schema: InstanceView } },
    problems: ["instance_not_found", "illegal_transition", "conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
