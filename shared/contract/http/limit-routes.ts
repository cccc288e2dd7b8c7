import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { boundedText, Name } from "../../core/texts.ts";
import { LimitSpec } from "../../limit/limit.ts";
import { GroupView, TenantView } from "./group-views.ts";
import { HolderView, LimitView } from "./limit-views.ts";
import { DeletedAnswer } from "./pool-views.ts";
import { NoQuery, PageQuery, PauseAction } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { listPage } from "./views.ts";

const LimitParams = z.strictObject({ name: Name.meta({ description: "Name of the limit." }) });
const GroupParams = z.strictObject({ name: Name.meta({ description: "Name of the group." }) });

const Key = z
  .string("must be given once")
  .max(limits.tagValueBytesMax)
  .optional()
  .meta({ description: "The value of the key, where tasks use the limit by a key." });

const LimitQuery = z.strictObject({ key: Key });
const HoldersQuery = PageQuery.extend({ key: Key });
export type HoldersQuery = z.infer<typeof HoldersQuery>;

/** Body of the request that switches a tenant off. */
const OffAction = z.strictObject({
  reason: boundedText(limits.reasonBytesMax).optional(),
  cancelRunning: z.boolean().default(false),
});

const OffView = TenantView.pick({ tenant: true, stopped: true }).extend({
  cancelled: z.int().min(0),
  complete: z.boolean().meta({
    description: "False while more may run; ask again, and more are cancelled.",
  }),
});

const letGo = `Lets held instances go, the longest waiting first. Up to ${limits.resumeReleasedMax} go at once; more follow by themselves within ${limits.pausedRecheckMs / 60_000} minutes, or at once when this is asked again.`;
const takesEffect = `takes effect within ${limits.routingFactsMs / 1_000} s`;
const reason = { schema: PauseAction, example: { reason: "the database moves" }, optional: true };

/** Bounds that tasks share, and the switches that hold everything back. */
export const limitRoutes = {
  defineLimit: {
    method: "put",
    path: "/v1/limits/{name}",
    tag: "Limits",
    summary: "Define a limit",
    description: `Makes it or replaces what it says; a change ${takesEffect}. Tasks name it in limits. Who holds a slot of a bound that is lowered finishes.`,
    role: "admin",
    params: LimitParams,
    query: NoQuery,
    body: {
      schema: LimitSpec,
      example: {
        description: "What the CRM can bear.",
        concurrency: 20,
        rate: { starts: 100, perSeconds: 60, burst: 10 },
      },
    },
    answers: {
      200: { description: "The limit, changed or as it was.", schema: LimitView },
      201: { description: "The limit is new.", schema: LimitView },
    },
    problems: ["limit_reached", "conflict"],
  },
  listLimits: {
    method: "get",
    path: "/v1/limits",
    tag: "Limits",
    summary: "List the limits",
    description: "In the order of their names.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of limits.", schema: listPage(LimitView) } },
    problems: ["invalid_cursor"],
  },
  getLimit: {
    method: "get",
    path: "/v1/limits/{name}",
    tag: "Limits",
    summary: "Show a limit and how much of it is in use",
    role: "viewer",
    params: LimitParams,
    query: LimitQuery,
    answers: { 200: { description: "The limit.", schema: LimitView } },
    problems: ["limit_not_found"],
  },
  deleteLimit: {
    method: "delete",
    path: "/v1/limits/{name}",
    tag: "Limits",
    summary: "Delete a limit",
    description:
      "Refused while the newest version of a task names it. Older versions that do are bound by it no more.",
    role: "admin",
    params: LimitParams,
    query: NoQuery,
    answers: { 200: { description: "It is gone.", schema: DeletedAnswer } },
    problems: ["limit_not_found", "limit_in_use", "conflict"],
  },
  listLimitHolders: {
    method: "get",
    path: "/v1/limits/{name}/holders",
    tag: "Limits",
    summary: "List who holds a limit's slots",
    description: "Whoever has held one longest comes first.",
    role: "viewer",
    params: LimitParams,
    query: HoldersQuery,
    answers: { 200: { description: "A page of holders.", schema: listPage(HolderView) } },
    problems: ["limit_not_found", "invalid_cursor"],
  },
  pauseGroup: {
    method: "post",
    path: "/v1/groups/{name}/pause",
    tag: "Groups",
    summary: "Pause a group",
    description: `Its instances are still accepted, but none is started until the group is resumed; what runs, runs on. It ${takesEffect}. Pausing a paused group changes nothing.`,
    role: "operator",
    params: GroupParams,
    query: NoQuery,
    body: reason,
    answers: { 200: { description: "The group, paused.", schema: GroupView } },
    problems: ["group_not_found", "conflict"],
  },
  resumeGroup: {
    method: "post",
    path: "/v1/groups/{name}/resume",
    tag: "Groups",
    summary: "Resume a group",
    description: letGo,
    role: "operator",
    params: GroupParams,
    query: NoQuery,
    body: reason,
    answers: { 200: { description: "The group, resumed.", schema: GroupView } },
    problems: ["group_not_found", "conflict"],
  },
  pauseTenant: {
    method: "post",
    path: "/v1/tenant/pause",
    tag: "Groups",
    summary: "Pause everything",
    description: `Everything is still accepted, but nothing is started until the tenant is resumed; what runs, runs on. It ${takesEffect}. What is switched off becomes paused.`,
    role: "admin",
    query: NoQuery,
    body: reason,
    answers: { 200: { description: "The tenant, paused.", schema: TenantView } },
    problems: ["conflict"],
  },
  resumeTenant: {
    method: "post",
    path: "/v1/tenant/resume",
    tag: "Groups",
    summary: "Resume everything",
    description: `After a pause, or after it was switched off. ${letGo}`,
    role: "admin",
    query: NoQuery,
    body: reason,
    answers: { 200: { description: "The tenant, resumed.", schema: TenantView } },
    problems: ["conflict"],
  },
  switchOffTenant: {
    method: "post",
    path: "/v1/tenant/off",
    tag: "Groups",
    summary: "Switch everything off",
    description: `Submissions are refused with 503, no schedule or trigger makes anything, and nothing is started, until the tenant is resumed; it ${takesEffect}. With cancelRunning, what runs is cancelled, up to ${limits.switchOffCancelMax} instances with each request.`,
    role: "admin",
    query: NoQuery,
    body: {
      schema: OffAction,
      example: { reason: "the bill explodes", cancelRunning: true },
      optional: true,
    },
    answers: { 200: { description: "It is off.", schema: OffView } },
    problems: ["conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
