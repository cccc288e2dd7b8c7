import { describe, expect, it } from "vitest";
import type { RouteSpec } from "../../shared/contract/http/route-spec.ts";
import { type OperationId, operationIds, routes } from "../../shared/contract/http/routes.ts";
import { roles, type TenantContext } from "../../shared/core/tenant.ts";
import { contents, define, expectProblem, openYard, submit, type Yard } from "./yard.ts";

/** A good request for every operation. */
async function requestFor(yard: Yard, id: OperationId) {
  const instanceId = await submit(yard, { task: "hello", delaySeconds: 60 });
  if (id === "retryInstance") await yard.call("POST", `/v1/instances/${instanceId}/cancel`);
  const route: RouteSpec = routes[id];
  const path = route.path.replace("{name}", "hello").replace("{id}", instanceId);
  const bodies: Partial<Record<OperationId, unknown>> = {
    defineTask: { run: { function: { module: "other.mjs" } } },
    submitInstance: { task: "hello" },
    submitInstances: { items: [{ task: "hello" }] },
    lookupInstances: { ids: [instanceId] },
    purgeInstances: { before: "2026-11-20T09:00:00Z" },
  };
  const body = bodies[id];
  return { method: route.method.toUpperCase(), path, ...(body === undefined ? {} : { body }) };
}

/** What each operation needs at least; a change here is a change of the contract. */
const needed: Record<OperationId, RouteSpec["role"]> = {
  defineTask: "admin",
  listTasks: "viewer",
  getTask: "viewer",
  listTaskVersions: "viewer",
  pauseTask: "operator",
  resumeTask: "operator",
  getTaskStats: "viewer",
  submitInstance: "operator",
  submitInstances: "operator",
  lookupInstances: "viewer",
  listInstances: "viewer",
  getInstance: "viewer",
  getInstanceHistory: "viewer",
  getInstanceRouting: "viewer",
  explainInstance: "viewer",
  getInstanceLogs: "viewer",
  cancelInstance: "operator",
  retryInstance: "operator",
  purgeInstances: "admin",
  examineInstances: "operator",
  getHealth: "anyone",
  getOpenApi: "anyone",
  getDocs: "anyone",
  getErrorDocs: "anyone",
};

describe("roles", () => {
  it.each(operationIds)("decide who may call %s", async (id) => {
    const yard = openYard();
    await define(yard, "hello");
    const { method, path, ...options } = await requestFor(yard, id);
    const enough = needed[id] === "anyone" ? 0 : roles.indexOf(needed[id]);
    for (const [rank, role] of roles.entries()) {
      const as: TenantContext = { tenant: "acme", actor: "bob", role };
      const before = contents(yard);
      if (rank < enough) {
        const problem = expectProblem(
          await yard.call(method, path, { ...options, as }),
          403,
          "forbidden",
        );
        expect(problem.detail).toContain(role);
        expect(contents(yard)).toBe(before);
      } else if (rank === enough) {
        const reply = await yard.call(method, path, { ...options, as });
        expect(reply.status, reply.text.slice(0, 300)).toBeLessThan(300);
      }
    }
  });

  it.each(operationIds)("and a credential are checked before anything else of %s", async (id) => {
    const yard = openYard({
      authenticate: async () => ({ code: "unauthenticated", detail: "the token has expired" }),
    });
    const { method, path, body }: { method: string; path: string; body?: unknown } = {
      method: routes[id].method.toUpperCase(),
      path: routes[id].path.replace("{name}", "a%23b").replace("{id}", "nope"),
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
