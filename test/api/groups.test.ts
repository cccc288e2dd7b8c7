import { describe, expect, it } from "vitest";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import {
  admin,
  define,
  expectProblem,
  openYard,
  simpleTask,
  stranger,
  submit,
  type Yard,
  yardBackend,
} from "./yard.ts";

const put = (yard: Yard, name: string, body: object) =>
  yard.call("PUT", `/v1/groups/${name}`, { body });

describe("a group", () => {
  it("is made by its first definition and changed by the next", async () => {
    const yard = openYard();
    const made = await put(yard, "batch", { concurrency: 3, description: "At night." });
    expect([made.status, made.headers.get("location")]).toEqual([201, "/v1/groups/batch"]);
    yard.now += 1_000;
    const changed = await put(yard, "batch", { budget: { usdPerDay: 5 } });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      name: "batch",
      spec: { budget: { usdPerDay: 5, whenExhausted: "queue", timezone: "UTC" } },
      createdAt: made.body.createdAt,
      updatedBy: "ada",
    });
    expect(changed.body.spec.concurrency).toBeUndefined();
  });

  it("belongs to one tenant, and lists come in the order of names", async () => {
    const yard = openYard();
    for (const name of ["b", "a", "c"]) await put(yard, name, {});
    const path = "/v1/groups?limit=2";
    const { body } = await yard.call("GET", path);
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
    const rest = await yard.call("GET", `${path}&cursor=${body.nextCursor}`);
    expect(rest.body.items.map(({ name }: { name: string }) => name)).toEqual(["c"]);
    expect((await yard.call("GET", "/v1/groups", { as: stranger })).body.items).toEqual([]);
    expectProblem(await yard.call("GET", "/v1/groups/a", { as: stranger }), 404, "group_not_found");
  });

  it("is not deleted while a task or an open instance names it", async () => {
    const yard = openYard();
    await put(yard, "batch", {});
    await define(yard, "report", { ...simpleTask, group: "batch" });
    const remove = () => yard.call("DELETE", "/v1/groups/batch");
    expect(expectProblem(await remove(), 409, "group_in_use").detail).toContain("report");
    const id = await submit(yard, { task: "report" });
    await define(yard, "report", simpleTask);
    expect(expectProblem(await remove(), 409, "group_in_use").detail).toContain("1 open instances");
    await yard.call("POST", `/v1/instances/${id}/cancel`);
    expect((await remove()).body).toEqual({ deleted: true });
    expectProblem(await remove(), 404, "group_not_found");
  });

  it("need not be defined to be named", async () => {
    const yard = openYard();
    await define(yard, "hello");
    expect((await yard.instance(await submit(yard, { task: "hello", group: "any" }))).group).toBe(
      "any",
    );
  });

  it.each([
    [{ budget: { usdPerDay: 0 } }, "/budget/usdPerDay", undefined],
    [{ budget: { usdPerDay: 1, timezone: "Europe/Berln" } }, "/budget/timezone", "Europe/Berlin"],
    [{ budget: { usdPerDay: 1, whenExhausted: "beg" } }, "/budget/whenExhausted", undefined],
    [{ submissionsPerMinute: 0.5 }, "/submissionsPerMinute", undefined],
    [{ backends: [] }, "/backends", undefined],
  ])("is refused as %j, with the place", async (body, pointer, contains) => {
    const yard = openYard();
    const problem = expectProblem(await put(yard, "batch", body), 400, "invalid_field");
    expect(problem.pointer).toBe(pointer);
    if (contains !== undefined) expect(problem.detail).toContain(contains);
  });
});

describe("the backends of a group", () => {
  const edge = { ...yardBackend, name: "edge" };

  async function yardWithBackends(): Promise<Yard> {
    const yard = openYard({ routing: fixedRouting([yardBackend, edge]) });
    await define(yard, "hello", { ...simpleTask, group: "batch" });
    await put(yard, "batch", { backends: ["edge"] });
    return yard;
  }

  it("are the only ones its instances go to, and receipts say so", async () => {
    const yard = await yardWithBackends();
    const { attempts } = await yard.instance(await submit(yard, { task: "hello" }));
    expect(attempts[0]?.backend).toBe("edge");
    expect(attempts[0]?.receipt?.candidates).toContainEqual(
      expect.objectContaining({
        backend: "local",
        feasible: false,
        exclusions: ["the group batch may not use it"],
      }),
    );
  });

  it("count for retries and for rules that are evaluated, and for other groups not", async () => {
    const yard = await yardWithBackends();
    const evaluated = await yard.call("POST", "/v1/rules/evaluate", {
      body: { submission: { task: "hello" } },
    });
    expect(evaluated.body.backend).toBe("edge");
    const late = await submit(yard, { task: "hello", delaySeconds: 60 });
    yard.now += 60_000;
    yard.hints.push({ tenant: admin.tenant, instanceId: late });
    await yard.dispatch();
    expect((await yard.instance(late)).attempts[0]?.backend).toBe("edge");
    const other = await submit(yard, { task: "hello", group: "other" });
    expect((await yard.instance(other)).attempts[0]?.backend).toBe("local");
  });

  it("leave nothing where they cannot run the task", async () => {
    const yard = await yardWithBackends();
    await put(yard, "batch", { backends: ["moon"] });
    const reply = await yard.call("POST", "/v1/instances", { body: { task: "hello" } });
    expect(expectProblem(reply, 409, "no_feasible_backend").detail).toContain(
      "the group batch may not use it",
    );
  });
});

describe("the tenant's bounds", () => {
  it("are set as a whole, and shown with what is in use", async () => {
    const yard = openYard();
    const before = await yard.call("GET", "/v1/tenant");
    expect(before.body).toEqual({ tenant: "acme", spec: {}, use: {} });
    const set = await yard.call("PUT", "/v1/tenant", {
      body: { submissionsPerMinute: 10, budget: { usdPerDay: 3, timezone: "Asia/Tokyo" } },
    });
    expect(set.body).toMatchObject({
      tenant: "acme",
      spec: { submissionsPerMinute: 10, budget: { usdPerDay: 3 } },
      use: {
        submissions: { perMinute: 10, used: 0 },
        budget: { budget: "tenant", today: { day: "2026-11-20", leftUsd: 3 } },
      },
      updatedBy: "ada",
    });
    expect((await yard.call("GET", "/v1/tenant", { as: stranger })).body.spec).toEqual({});
  });
});
