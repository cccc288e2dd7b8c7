import { describe, expect, it } from "vitest";
import type { RouteSpec } from "../../shared/contract/http/route-spec.ts";
import { operationIds, routes } from "../../shared/contract/http/routes.ts";
import { TransientError } from "../../shared/core/errors.ts";
import type { Store } from "../../shared/ports/store.ts";
import { define, expectProblem, openYard, submit } from "./yard.ts";

describe("the API's manners", () => {
  it.each([
    "/",
    "/v1",
    "/v2/tasks",
    "/v1/tasks/",
    "/v1/nope",
    "/v1/tasks/a/b",
    "/V1/TASKS",
    "//v1/tasks",
    "/metrics/../secret",
  ])("answer 404 for the path %s", async (path) => {
    for (const method of ["GET", "POST", "OPTIONS", "DELETE"]) {
      expectProblem(await openYard().call(method, path), 404, "route_not_found");
    }
  });

  it.each([
    ["DELETE", "/v1/tasks", "GET, HEAD, OPTIONS"],
    ["POST", "/v1/tasks/hello", "PUT, GET, HEAD, OPTIONS"],
    ["PATCH", "/v1/instances", "POST, GET, HEAD, OPTIONS"],
    ["PUT", "/v1/instances/batch", "POST, GET, HEAD, OPTIONS"],
    ["GET", "/v1/instances/ins_00000000000000000000000000/cancel", "POST, OPTIONS"],
    ["POST", "/v1/health", "GET, HEAD, OPTIONS"],
  ])("answer 405 to %s %s and name the methods there are", async (method, path, allow) => {
    const reply = await openYard().call(method, path);
    expectProblem(reply, 405, "method_not_allowed");
    expect(reply.headers.get("allow")).toBe(allow);
    const options = await openYard().call("OPTIONS", path);
    expect([options.status, options.headers.get("allow"), options.text]).toEqual([204, allow, ""]);
    expect(options.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("answer HEAD like GET without the body", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const get = await yard.call("GET", "/v1/tasks/hello");
    const head = await yard.call("HEAD", "/v1/tasks/hello");
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
    expect((await yard.call("HEAD", "/v1/tasks/nope")).status).toBe(404);
  });

  it("forbid sniffing, framing, caching and running on every kind of answer", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello", input: "<img onerror=alert(1)>" });
    const paths = [
      "/v1/tasks",
      `/v1/instances/${id}`,
      "/v1/nope",
      "/v1/tasks?x=1",
      "/v1/openapi.json",
      "/v1/docs",
      "/v1/docs/errors",
      "/v1/health",
    ];
    for (const path of paths) {
      const { headers } = await yard.call("GET", path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(policy).not.toContain("script-src");
    }
  });
});

/** Answers for each item apart, and some that look elsewhere or nowhere before the store. */
const unlikeOthers: ReadonlySet<string> = new Set([
  "submitInstances",
  "createPayload",
  "checkRules",
  "putFunction",
  "previewSchedule",
  "testPattern",
  "putEvents",
]);

const everyRoute = operationIds.filter((id) => routes[id].role !== "anyone");

function failing(error: unknown): (store: Store) => Store {
  const fail = () => Promise.reject(error);
  return () => ({ get: fail, getMany: fail, query: fail, write: fail, changes: fail });
}

async function callAll(error: unknown) {
  const yard = openYard({ wrapStore: failing(error) });
  const replies = await Promise.all(
    everyRoute
      .filter((id) => !unlikeOthers.has(id))
      .map(async (id) => {
        const route: RouteSpec = routes[id];
        const path = route.path
          .replace("{name}", "hello")
          .replace("{worker}", "w1")
          .replace("{version}", "1")
          .replace("{budget}", "tenant")
          .replace("/attempts/{id}", "/attempts/att_00000000000000000000000000")
          .replace("/deliveries/{id}", "/deliveries/msg_0000000000_00000000000000000000000000_1")
          .replace("/backfills/{id}", "/backfills/bfl_00000000000000000000000000")
          .replace("/findings/{id}", "/findings/fnd_0000000000_slot_missed_nightly")
          .replace("{id}", "ins_00000000000000000000000000");
        const body = route.body?.example;
        return yard.call(route.method.toUpperCase(), path, body === undefined ? {} : { body });
      }),
  );
  return { yard, replies };
}

describe("faults of the world", () => {
  it("become 503 with the time to wait, on every route", async () => {
    const { replies } = await callAll(
      new TransientError("throttled by 10.0.0.7", { retryAfterMs: 2_300 }),
    );
    expect(replies.length).toBeGreaterThan(15);
    for (const reply of replies) {
      expectProblem(reply, 503, "unavailable");
      expect(["1", "3"]).toContain(reply.headers.get("retry-after"));
      expect(reply.text).not.toContain("10.0.0.7");
    }
  });

  it.each([
    ["an error", new Error("password=hunter2 at /srv/secret.ts")],
    ["something that is no error", "hunter2"],
    ["undefined", undefined],
  ])(
    "that are bugs become 500 and reveal nothing, with a trace in the log: %s",
    async (_, error) => {
      const { yard, replies } = await callAll(error);
      for (const reply of replies) {
        const { detail } = expectProblem(reply, 500, "internal_error");
        expect(reply.text).not.toContain("hunter2");
        expect(reply.text).not.toContain("secret");
        const incident = detail.split(" ").at(-1);
        const line = yard.logged.find(({ fields }) => fields?.incident === incident);
        expect(line?.level).toBe("error");
      }
    },
  );
});
