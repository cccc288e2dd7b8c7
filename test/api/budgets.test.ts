import { describe, expect, it } from "vitest";
import { finish, openBudgetYard, setBudget, submitReports } from "./budget-yard.ts";
import { define, expectProblem, openYard, submit, type Yard } from "./yard.ts";

const today = async (yard: Yard, budget = "group:batch") =>
  (await yard.call("GET", `/v1/budgets/${budget}`)).body.today;

const waits = async (yard: Yard, id: string) => {
  const { state, waiting, waitingFor } = await yard.instance(id);
  return [state, waiting, waitingFor];
};

const daySeconds = 86_400;

describe("a budget", () => {
  it("sets aside what an attempt is expected to cost, and settles what it cost", async () => {
    const yard = await openBudgetYard({ usdPerDay: 10 });
    const [id = ""] = await submitReports(yard, 1);
    expect(await today(yard)).toMatchObject({ spentUsd: 0, reservedUsd: 1, leftUsd: 9 });
    await finish(yard, id, 40);
    expect(await today(yard)).toMatchObject({ spentUsd: 0.4, reservedUsd: 0, leftUsd: 9.6 });
  });

  it("has the rest wait, and lets the next go as soon as enough is given back", async () => {
    const yard = await openBudgetYard({ usdPerDay: 2.5 });
    const ids = await submitReports(yard, 4);
    const [first = "", , third = "", fourth = ""] = ids;
    expect(await waits(yard, third)).toEqual(["pending", "budget", "budget:group/batch"]);
    await finish(yard, first, 40);
    await yard.dispatch();
    const both = await Promise.all([third, fourth].map((id) => yard.instance(id)));
    expect(both.map(({ state }) => state).toSorted()).toEqual(["pending", "running"]);
    expect(await today(yard)).toMatchObject({ spentUsd: 0.4, reservedUsd: 2 });
  });

  it("may be exceeded by what runs longer than expected, and by nothing else", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1 });
    const [first = "", second = ""] = await submitReports(yard, 2);
    await finish(yard, first, 250);
    await yard.dispatch();
    expect(await today(yard)).toMatchObject({ spentUsd: 2.5, reservedUsd: 0, leftUsd: 0 });
    expect((await yard.instance(second)).state).toBe("pending");
  });

  it("begins anew at midnight of its own zone, for which its waiting ones wake", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1, timezone: "Asia/Kathmandu" });
    const [first = "", second = ""] = await submitReports(yard, 2);
    const { endsAt } = await today(yard);
    expect(endsAt).toBe("2026-11-20T18:15:00.000Z");
    await finish(yard, first, 100);
    const recheck = (await yard.instance(second)).wakeAtMs ?? 0;
    expect(recheck).toBeLessThanOrEqual(yard.now + 15 * 60_000);
    yard.now = Date.parse(endsAt) - 60_000;
    yard.hints.push({ tenant: "acme", instanceId: second });
    await yard.dispatch();
    expect((await yard.instance(second)).wakeAtMs).toBe(Date.parse(endsAt));
    yard.now = Date.parse(endsAt);
    yard.hints.push({ tenant: "acme", instanceId: second });
    await yard.dispatch();
    expect((await yard.instance(second)).state).toBe("running");
    const { body } = await yard.call("GET", "/v1/budgets/group:batch?days=2");
    expect(body.days).toEqual([
      { day: "2026-11-20", spentUsd: 1, reservedUsd: 0 },
      { day: "2026-11-21", spentUsd: 0, reservedUsd: 1 },
    ]);
  });

  it("lets those go that wait when it is raised", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1 });
    const [, second = ""] = await submitReports(yard, 2);
    await setBudget(yard, { usdPerDay: 2 });
    expect(yard.hints).toContainEqual({ tenant: "acme", instanceId: second });
    await yard.dispatch();
    expect((await yard.instance(second)).state).toBe("running");
  });

  it("gives back what was set aside when the instance is cancelled", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1 });
    const [first = ""] = await submitReports(yard, 1);
    await yard.call("POST", `/v1/instances/${first}/cancel`);
    expect(await today(yard)).toMatchObject({ spentUsd: 0, reservedUsd: 0, leftUsd: 1 });
  });
});

describe("the price of an attempt", () => {
  it("is that of all its time where nothing is known of its task", async () => {
    const yard = await openBudgetYard({ usdPerDay: 10 });
    await define(yard, "unknown", {
      run: { function: { module: "a.mjs" } },
      group: "batch",
      timeoutSeconds: 600,
    });
    await submit(yard, { task: "unknown" });
    await yard.dispatch();
    expect(await today(yard)).toMatchObject({ reservedUsd: 6 });
  });

  it("is nothing on backends that charge nothing", async () => {
    const yard = openYard();
    await define(yard, "hello");
    await yard.call("PUT", "/v1/tenant", { body: { budget: { usdPerDay: 0.01 } } });
    const id = await submit(yard, { task: "hello" });
    await yard.dispatch();
    expect((await yard.instance(id)).state).toBe("running");
    expect(await today(yard, "tenant")).toMatchObject({ reservedUsd: 0, leftUsd: 0.01 });
  });
});

describe("several budgets", () => {
  it("are all taken from, and the narrowest that is short is waited for", async () => {
    const yard = await openBudgetYard({ usdPerDay: 2 });
    await yard.call("PUT", "/v1/tenant", { body: { budget: { usdPerDay: 1.5 } } });
    const [, second = ""] = await submitReports(yard, 2);
    expect(await waits(yard, second)).toEqual(["pending", "budget", "budget:tenant"]);
    expect(await today(yard)).toMatchObject({ reservedUsd: 1 });
    expect(await today(yard, "tenant")).toMatchObject({ reservedUsd: 1, leftUsd: 0.5 });
  });

  it("are listed: the tenant's, then groups', then tasks', page by page", async () => {
    const yard = await openBudgetYard({ usdPerDay: 2 });
    await yard.call("PUT", "/v1/groups/aaa", { body: { budget: { usdPerDay: 1 } } });
    await yard.call("PUT", "/v1/tenant", { body: { budget: { usdPerDay: 5 } } });
    for (const name of ["x", "y", "z"]) {
      const budget = name === "y" ? {} : { budget: { usdPerDay: 3 } };
      await define(yard, name, { run: { function: { module: "a.mjs" } }, ...budget });
    }
    const names: string[] = [];
    for (let path: string | undefined = "/v1/budgets?limit=2"; path !== undefined; ) {
      const { body }: { body: { items: { budget: string }[]; nextCursor?: string } } =
        await yard.call("GET", path);
      expect(body.items.length).toBeLessThanOrEqual(2);
      names.push(...body.items.map(({ budget }) => budget));
      path = body.nextCursor && `/v1/budgets?limit=2&cursor=${body.nextCursor}`;
    }
    expect(names).toEqual(["tenant", "group/aaa", "group/batch", "task/x", "task/z"]);
  });
});

describe("an exhausted budget", () => {
  it("downgrades to the cheapest backend before it has anything wait, and the receipt says so", async () => {
    const budget = { usdPerDay: 1.5, whenExhausted: "downgrade" };
    const yard = await openBudgetYard(budget, { withCheap: true });
    const [first = "", second = "", third = ""] = await submitReports(yard, 3);
    expect((await yard.instance(first)).attempts.at(-1)?.backend).toBe("local");
    const downgraded = (await yard.instance(second)).attempts.at(-1);
    expect(downgraded?.backend).toBe("cheap");
    expect(downgraded?.receipt?.reason).toBe(
      "$1 of the $1.5 a day of group/batch are used, and $1 is expected on top; cheap is the cheapest that can run it",
    );
    expect(await waits(yard, third)).toEqual(["pending", "budget", "budget:group/batch"]);
    expect(await today(yard)).toMatchObject({ reservedUsd: 1.5, leftUsd: 0 });
  });

  it("asks, and an approval lets that one instance pass and still counts", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1, whenExhausted: "ask" });
    const [, second = "", third = ""] = await submitReports(yard, 3);
    expect(await waits(yard, second)).toEqual(["pending", "approval", "approval:group/batch"]);
    const path = `/v1/instances/${second}/approve`;
    const approved = await yard.call("POST", path, { body: { reason: "month end" } });
    expect([approved.status, approved.body.waiting]).toEqual([202, "due"]);
    await yard.dispatch();
    expect((await yard.instance(second)).state).toBe("running");
    expect((await yard.instance(third)).state).toBe("pending");
    expect(await today(yard)).toMatchObject({ reservedUsd: 2, leftUsd: 0 });
    const { body } = await yard.call("GET", `/v1/instances/${second}/history`);
    expect(body.items).toContainEqual(
      expect.objectContaining({ command: "approve", actor: "ada", reason: "month end" }),
    );
  });

  it("leaves nothing to approve where nothing waits for it", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1 });
    const [first = "", second = ""] = await submitReports(yard, 2);
    for (const id of [first, second]) {
      const reply = await yard.call("POST", `/v1/instances/${id}/approve`);
      expectProblem(reply, 409, "illegal_transition");
    }
  });

  it("refuses at the door what would start at once, but never a repeat", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1, whenExhausted: "refuse" });
    const kept = { task: "report", idempotencyKey: "one" };
    const id = await submit(yard, kept);
    await yard.dispatch();
    const reply = await yard.call("POST", "/v1/instances", { body: { task: "report" } });
    const problem = expectProblem(reply, 429, "budget_exhausted");
    expect(problem.detail).toBe(
      "$1 of the $1 a day of group/batch are used, and $1 is expected on top",
    );
    expect(reply.headers.get("retry-after")).toBe(String(15 * 3_600));
    const again = await yard.call("POST", "/v1/instances", { body: kept });
    expect([again.status, again.body.id]).toEqual([200, id]);
    await submit(yard, { task: "report", delaySeconds: daySeconds });
  });

  it("fails what was let in and finds nothing left when its time has come", async () => {
    const yard = await openBudgetYard({ usdPerDay: 1, whenExhausted: "refuse" });
    const late = await submit(yard, { task: "report", delaySeconds: 60 });
    await submitReports(yard, 1);
    yard.now += 60_000;
    yard.hints.push({ tenant: "acme", instanceId: late });
    await yard.dispatch();
    const instance = await yard.instance(late);
    expect([instance.state, instance.error?.class]).toEqual(["failed", "over_budget"]);
  });
});

describe("a dry run", () => {
  it("says what an attempt may cost where it would go, and sets nothing aside", async () => {
    const yard = await openBudgetYard({ usdPerDay: 10 });
    const dry = { task: "report", dryRun: true };
    const { body } = await yard.call("POST", "/v1/instances", { body: dry });
    expect(body.cost).toMatchObject({ backend: "local", basis: "estimate" });
    expect(body.cost.lowUsd).toBeLessThan(body.cost.medianUsd);
    expect(body.cost.medianUsd).toBeLessThan(body.cost.highUsd);
    const batch = await yard.call("POST", "/v1/instances/batch", { body: { items: [dry] } });
    expect(batch.body.items[0].cost).toEqual(body.cost);
    expect(await today(yard)).toMatchObject({ reservedUsd: 0 });
  });
});
