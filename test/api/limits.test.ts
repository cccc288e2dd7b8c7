import { describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { finish, settle } from "../unit/dispatch/gate-yard.ts";
import { define, expectProblem, openYard, simpleTask, submit, type Yard } from "./yard.ts";

async function yardWithLimit(spec: object): Promise<Yard> {
  const yard = openYard();
  const made = await yard.call("PUT", "/v1/limits/crm", { body: spec });
  expect(made.status, made.text).toBe(201);
  await define(yard, "mail", { ...simpleTask, limits: [{ name: "crm" }] });
  return yard;
}

describe("limits over HTTP", () => {
  it("are made, replaced, listed, shown and deleted", async () => {
    const yard = openYard();
    const made = await yard.call("PUT", "/v1/limits/crm", { body: { concurrency: 2 } });
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe("/v1/limits/crm");
    const rate = { starts: 10, perSeconds: 60 };
    const replaced = await yard.call("PUT", "/v1/limits/crm", { body: { rate } });
    expect(replaced.status).toBe(200);
    expect(replaced.body.spec).toEqual({ rate });
    await yard.call("PUT", "/v1/limits/billing", { body: { concurrency: 1 } });
    const listed = await yard.call("GET", "/v1/limits?limit=1");
    expect(listed.body.items).toMatchObject([{ name: "billing" }]);
    const next = await yard.call("GET", `/v1/limits?limit=1&cursor=${listed.body.nextCursor}`);
    expect(next.body.items).toMatchObject([{ name: "crm" }]);
    const shown = await yard.call("GET", "/v1/limits/crm");
    expect(shown.body.use).toEqual({ startsLeft: 1, waiting: 0, nextStartAt: expect.any(String) });
    expect((await yard.call("DELETE", "/v1/limits/crm")).body).toEqual({ deleted: true });
    expectProblem(await yard.call("GET", "/v1/limits/crm"), 404, "limit_not_found");
    expectProblem(await yard.call("DELETE", "/v1/limits/crm"), 404, "limit_not_found");
    expectProblem(await yard.call("GET", "/v1/limits/crm/holders"), 404, "limit_not_found");
  });

  it("show who holds a slot, and how many wait", async () => {
    const yard = await yardWithLimit({ concurrency: 2 });
    const ids: string[] = [];
    for (let each = 0; each < 5; each++) {
      yard.now += 1_000;
      ids.push(await submit(yard, { task: "mail" }));
      await settle(yard);
    }
    const shown = await yard.call("GET", "/v1/limits/crm");
    expect(shown.body.use).toEqual({ held: 2, waiting: 3 });
    const first = await yard.call("GET", "/v1/limits/crm/holders?limit=1");
    expect(first.body.items).toMatchObject([
      { instanceId: ids[0], since: "2026-11-20T09:00:01.000Z" },
    ]);
    const path = `/v1/limits/crm/holders?cursor=${first.body.nextCursor}`;
    const rest = await yard.call("GET", path);
    expect(rest.body.items).toMatchObject([{ instanceId: ids[1] }]);
    expect(rest.body.nextCursor).toBeUndefined();
    expectProblem(await yard.call("GET", `${path}&key=eu`), 400, "invalid_cursor");
  });

  it("show the use of one key", async () => {
    const yard = openYard();
    await yard.call("PUT", "/v1/limits/site", { body: { concurrency: 1 } });
    const uses = [{ name: "site", key: "tags.site" }];
    await define(yard, "sync", { ...simpleTask, limits: uses });
    for (const site of ["eu", "eu", "us"]) await submit(yard, { task: "sync", tags: { site } });
    await settle(yard);
    const useOf = async (key: string) =>
      (await yard.call("GET", `/v1/limits/site?key=${key}`)).body.use;
    expect(await useOf("eu")).toEqual({ held: 1, waiting: 1 });
    expect(await useOf("us")).toEqual({ held: 1, waiting: 0 });
  });

  it("let more go at once when they are raised", async () => {
    const yard = await yardWithLimit({ concurrency: 1 });
    const ids = [await submit(yard, { task: "mail" }), await submit(yard, { task: "mail" })];
    await settle(yard);
    await yard.call("PUT", "/v1/limits/crm", { body: { concurrency: 2 } });
    await settle(yard);
    const states = await Promise.all(ids.map(async (id) => (await yard.instance(id)).state));
    expect(states).toEqual(["running", "running"]);
    await finish(yard, ids);
    expect((await yard.call("GET", "/v1/limits/crm")).body.use).toMatchObject({ held: 0 });
  });

  it("are not deleted while the newest version of a task names them", async () => {
    const yard = await yardWithLimit({ concurrency: 1 });
    const refused = expectProblem(await yard.call("DELETE", "/v1/limits/crm"), 409, "limit_in_use");
    expect(refused.detail).toContain("mail");
    await define(yard, "mail", simpleTask);
    expect((await yard.call("DELETE", "/v1/limits/crm")).status).toBe(200);
  });
});

describe("hostile limits", () => {
  it.each([
    [{}, "invalid_field", ""],
    [{ concurrency: 0 }, "invalid_field", "/concurrency"],
    [{ concurrency: 1.5 }, "invalid_field", "/concurrency"],
    [{ concurrency: limits.slotsPerGateMax + 1 }, "invalid_field", "/concurrency"],
    [{ concurrency: "3" }, "invalid_field", "/concurrency"],
    [{ rate: { starts: 0 } }, "invalid_field", "/rate/starts"],
    [{ rate: { starts: 1, perSeconds: 0 } }, "invalid_field", "/rate/perSeconds"],
    [{ rate: { starts: 1, burst: -1 } }, "invalid_field", "/rate/burst"],
    [{ concurrency: 1, shards: 4 }, "unknown_field", "/shards"],
  ] as const)("%j are refused with the place", async (body, code, pointer) => {
    const yard = openYard();
    const problem = expectProblem(await yard.call("PUT", "/v1/limits/crm", { body }), 400, code);
    expect(problem.pointer ?? "").toBe(pointer);
  });

  it("that nobody has defined cannot be named by a task", async () => {
    const yard = openYard();
    await yard.call("PUT", "/v1/limits/billing", { body: { concurrency: 1 } });
    const body = { ...simpleTask, limits: [{ name: "biling" }] };
    const problem = expectProblem(
      await yard.call("PUT", "/v1/tasks/mail", { body }),
      400,
      "invalid_field",
    );
    expect(problem).toMatchObject({
      pointer: "/limits/0/name",
      suggestion: 'did you mean "billing"?',
    });
    const twice = { ...simpleTask, limits: [{ name: "billing" }, { name: "billing" }] };
    const again = await yard.call("PUT", "/v1/tasks/mail", { body: twice });
    expect(expectProblem(again, 400, "invalid_field").pointer).toBe("/limits/1/name");
  });
});
