import { describe, expect, it } from "vitest";
import type { RouteSpec } from "../../shared/contract/http/route-spec.ts";
import { type OperationId, operationIds, routes } from "../../shared/contract/http/routes.ts";
import { mayActAs, type Role, roles, type TenantContext } from "../../shared/core/tenant.ts";
import { goodRequest } from "./good-requests.ts";
import { contents, define, expectProblem, openYard } from "./yard.ts";

/** What each operation needs at least; a change here is a change of the contract. */
const needed: Record<OperationId, RouteSpec["role"]> = {
  defineTask: "admin",
  listTasks: "viewer",
  getTask: "viewer",
  listTaskVersions: "viewer",
  pauseTask: "operator",
  resumeTask: "operator",
  getTaskStats: "viewer",
  getTaskPlacement: "viewer",
  submitInstance: "operator",
  submitInstances: "operator",
  lookupInstances: "viewer",
  listInstances: "viewer",
  createPayload: "operator",
  getInstanceInput: "viewer",
  getInstanceOutput: "viewer",
  getInstance: "viewer",
  getInstanceHistory: "viewer",
  getInstanceRouting: "viewer",
  explainInstance: "viewer",
  getInstanceLogs: "viewer",
  cancelInstance: "operator",
  retryInstance: "operator",
  purgeInstances: "admin",
  definePool: "admin",
  listPools: "viewer",
  getPool: "viewer",
  deletePool: "admin",
  listWorkers: "viewer",
  registerWorker: "worker",
  drainWorker: "worker",
  removeWorker: "worker",
  leaseWork: "worker",
  beginAttempt: "worker",
  beatAttempt: "worker",
  completeAttempt: "worker",
  defineLimit: "admin",
  listLimits: "viewer",
  getLimit: "viewer",
  deleteLimit: "admin",
  listLimitHolders: "viewer",
  pauseGroup: "operator",
  resumeGroup: "operator",
  pauseTenant: "admin",
  resumeTenant: "admin",
  switchOffTenant: "admin",
  defineGroup: "admin",
  listGroups: "viewer",
  getGroup: "viewer",
  deleteGroup: "admin",
  getTenant: "viewer",
  putTenant: "admin",
  listBudgets: "viewer",
  getBudget: "viewer",
  approveInstance: "operator",
  putFunction: "admin",
  listFunctions: "viewer",
  getFunction: "viewer",
  listFunctionVersions: "viewer",
  invokeFunction: "operator",
  removeFunction: "admin",
  defineWebhook: "admin",
  listWebhooks: "viewer",
  getWebhook: "viewer",
  deleteWebhook: "admin",
  testWebhook: "operator",
  rotateWebhookKey: "admin",
  getWebhookSecret: "admin",
  listWebhookDeliveries: "viewer",
  redeliverMessage: "operator",
  listFindings: "viewer",
  acknowledgeFinding: "operator",
  defineTrigger: "admin",
  listTriggers: "viewer",
  getTrigger: "viewer",
  deleteTrigger: "admin",
  pauseTrigger: "operator",
  resumeTrigger: "operator",
  testPattern: "viewer",
  putEvents: "operator",
  getRules: "viewer",
  listRulesVersions: "viewer",
  getRulesVersion: "viewer",
  checkRules: "viewer",
  evaluateRules: "viewer",
  putRules: "admin",
  activateRules: "admin",
  putRulesShadow: "admin",
  deleteRulesShadow: "admin",
  putRulesExperiment: "admin",
  deleteRulesExperiment: "admin",
  tryRules: "operator",
  compareRules: "operator",
  stopWorseExperiment: "admin",
  examineInstances: "operator",
  defineCalendar: "admin",
  listCalendars: "viewer",
  getCalendar: "viewer",
  listCalendarDays: "viewer",
  deleteCalendar: "admin",
  previewSchedule: "viewer",
  defineSchedule: "admin",
  listSchedules: "viewer",
  getSchedule: "viewer",
  deleteSchedule: "admin",
  pauseSchedule: "operator",
  resumeSchedule: "operator",
  runSchedule: "operator",
  getPortrait: "viewer",
  spreadSchedules: "admin",
  listSlots: "viewer",
  startBackfill: "operator",
  listBackfills: "viewer",
  getBackfill: "viewer",
  cancelBackfill: "operator",
  getHealth: "anyone",
  getOpenApi: "anyone",
  getDocs: "anyone",
  getErrorDocs: "anyone",
};

/** Who may do what a role is needed for, the least first: a worker and a viewer may different things. */
const allowed: Record<RouteSpec["role"], readonly Role[]> = {
  anyone: ["worker", "viewer", "operator", "admin"],
  worker: ["worker", "operator", "admin"],
  viewer: ["viewer", "operator", "admin"],
  operator: ["operator", "admin"],
  admin: ["admin"],
};

describe("roles", () => {
  it.each(operationIds)("decide who may call %s", async (id) => {
    const yard = openYard();
    await define(yard, "hello");
    const { method, path, ...options } = await goodRequest(yard, id);
    const may = allowed[needed[id]];
    for (const role of roles) {
      const as: TenantContext = { tenant: "acme", actor: "bob", role };
      const before = contents(yard);
      if (!may.includes(role)) {
        const problem = expectProblem(
          await yard.call(method, path, { ...options, as }),
          403,
          "forbidden",
        );
        expect(problem.detail).toContain(role);
        expect(contents(yard)).toBe(before);
      }
    }
    const [least = "admin"] = may;
    const as: TenantContext = { tenant: "acme", actor: "bob", role: least };
    const reply = await yard.call(method, path, { ...options, as });
    expect(reply.status, reply.text.slice(0, 300)).toBeLessThan(300);
  });

  it("let whoever operates the yard also run a worker, and a viewer not", () => {
    const may = (held: Role) => mayActAs(held, "worker");
    expect(roles.filter(may)).toEqual(["worker", "operator", "admin"]);
  });

  it.each(operationIds)("and a credential are checked before anything else of %s", async (id) => {
    const yard = openYard({
      authenticate: async () => ({ code: "unauthenticated", detail: "the token has expired" }),
    });
    const { method, path, body }: { method: string; path: string; body?: unknown } = {
      method: routes[id].method.toUpperCase(),
      path: routes[id].path
        .replace("{name}", "a%23b")
        .replace("{worker}", "a%23b")
        .replace("{id}", "nope"),
      ...("body" in routes[id] ? { body: { nonsense: true } } : {}),
    };
    const reply = await yard.call(method, `${path}`, body === undefined ? {} : { body });
    if (needed[id] === "anyone") {
      expect(reply.status).toBe(200);
      return;
    }
    expectProblem(reply, 401, "unauthenticated");
    expect(reply.headers.get("www-authenticate")).toBe("Bearer");
  });
});
