import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { openWorkClient, type WorkClient } from "../../functions/runner/orders/work-client.ts";
import { type OperationId, operationIds, routes } from "../../shared/contract/http/routes.ts";
import { edgeFacts } from "../fixtures/backend-facts.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import { openYardServer, plainTask, type YardServer, yardBackendFacts } from "./yard-server.ts";

let yard: YardServer;
let client: SwitchyardClient;
beforeAll(async () => {
  yard = await openYardServer({
    routing: fixedRouting([yardBackendFacts, { ...edgeFacts, name: "edge", targets: ["command"] }]),
    behaviour: ({ task, input }) =>
      task === "sleeper" ? undefined : { output: input ?? null, log: "hello from the task\n" },
  });
  client = openClient({ url: yard.url });
  await client.define("resize", plainTask);
  await client.define("sleeper", plainTask);
});
afterAll(async () => {
  client.close();
  await yard.close();
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("the client of groups and budgets", () => {
  it("defines groups, shows what is in use and deletes them", async () => {
    const budget = { usdPerDay: 5, timezone: "Europe/Berlin" };
    const made = await client.groups.define("nightly", { concurrency: 3, budget });
    expect(made.spec).toMatchObject({ concurrency: 3, budget });
    expect((await all(client.groups.list())).map(({ name }) => name)).toEqual(["nightly"]);
    expect((await client.groups.show("nightly")).use).toMatchObject({ running: 0, waiting: 0 });
    expect((await all(client.budgets.list())).map((each) => each.budget)).toEqual([
      "group/nightly",
    ]);
    const shown = await client.budgets.show("group/nightly", { days: 3 });
    expect(shown).toMatchObject({ usdPerDay: 5, today: { leftUsd: 5 }, days: [] });
    expect(await client.groups.delete("nightly")).toEqual({ deleted: true });
    await expect(client.groups.show("nightly")).rejects.toMatchObject({ code: "group_not_found" });
  });

  it("sets what bounds the tenant, and approves only what waits for it", async () => {
    await client.tenant.set({ submissionsPerMinute: 1_000_000 });
    expect((await client.tenant.show()).spec).toEqual({ submissionsPerMinute: 1_000_000 });
    await client.tenant.set({});
    const { id } = await client.submitAndWait({ task: "resize" });
    const approval = client.approve(id, { reason: "month end" });
    await expect(approval).rejects.toMatchObject({ code: "illegal_transition" });
  });
});

describe("the client of time, events and limits", () => {
  it("holds work back by limits and pauses, and lets it go", async () => {
    expect(await client.limits.define("crm", { concurrency: 2 })).toMatchObject({ name: "crm" });
    expect((await all(client.limits.list())).map(({ name }) => name)).toEqual(["crm"]);
    expect((await client.limits.show("crm")).name).toBe("crm");
    expect(await all(client.limits.holders("crm"))).toEqual([]);
    expect(await client.limits.delete("crm")).toEqual({ deleted: true });
    await client.groups.define("evening", {});
    expect((await client.switches.pauseGroup("evening", { reason: "tidy" })).paused).toBeDefined();
    expect((await client.switches.resumeGroup("evening")).paused).toBeUndefined();
    expect((await client.switches.pause()).stopped).toMatchObject({ kind: "paused" });
    expect((await client.switches.off()).stopped).toMatchObject({ kind: "off" });
    expect((await client.switches.resume()).stopped).toBeUndefined();
  });

  it("says when schedules fire, by calendars of their own", async () => {
    await client.calendars.define("office", { weekend: ["SAT", "SUN"] });
    expect((await all(client.calendars.list())).map(({ name }) => name)).toEqual(["office"]);
    expect((await client.calendars.show("office")).name).toBe("office");
    const days = await client.calendars.days("office", { from: "2026-11-20", to: "2026-11-23" });
    expect(days.days.map(({ day }) => day)).toEqual(["2026-11-21", "2026-11-22"]);
    const preview = await client.previewSchedule({ expression: "rate(1 hour)", count: 3 });
    expect(preview.fires).toHaveLength(3);
    expect(await client.calendars.delete("office")).toEqual({ deleted: true });
    expect((await client.portrait.show({ hours: 24 })).collisions).toEqual([]);
    const nothing = client.portrait.spread({
      schedules: [{ name: "none", revision: 1, jitterSeconds: 60 }],
    });
    await expect(nothing).rejects.toMatchObject({ code: "schedule_not_found" });
  });

  it("makes instances of events", async () => {
    const pattern = { source: ["shop"] };
    const event = { source: "shop", detailType: "sold", detail: { n: 1 } };
    await client.triggers.define("sales", { pattern, task: "resize" });
    expect((await all(client.triggers.list())).map(({ name }) => name)).toEqual(["sales"]);
    expect((await client.triggers.pause("sales")).paused).toBeDefined();
    expect((await client.triggers.resume("sales")).paused).toBeUndefined();
    expect((await client.triggers.show("sales")).spec.pattern).toEqual(pattern);
    expect(await client.triggers.test(pattern, event)).toMatchObject({ matches: true });
    const { items } = await client.events.put([event]);
    expect(items).toHaveLength(1);
    expect(await client.triggers.delete("sales")).toEqual({ deleted: true });
  });

  it("tells others by webhooks, and people by findings", async () => {
    await client.webhooks.define("pager", { url: "https://pager.example.com/in" });
    expect((await all(client.webhooks.list())).map(({ name }) => name)).toEqual(["pager"]);
    expect((await client.webhooks.show("pager")).name).toBe("pager");
    expect((await client.webhooks.test("pager")).delivered).toBe(false);
    expect((await client.webhooks.rotate("pager")).keyNumber).toBe(2);
    expect((await client.webhooks.secret("pager")).secret).toMatch(/^whsec_/);
    expect(await all(client.webhooks.deliveries("pager"))).toEqual([]);
    const nothing = client.webhooks.redeliver("pager", "msg_none");
    await expect(nothing).rejects.toMatchObject({ code: "delivery_not_found" });
    expect(await client.webhooks.delete("pager")).toEqual({ deleted: true });
    expect(await all(client.findings.list())).toEqual([]);
    const unknown = client.findings.acknowledge("fnd_none");
    await expect(unknown).rejects.toMatchObject({ code: "finding_not_found" });
  });
});

describe("the client of deployed functions", () => {
  it("deploys functions, tries them out and removes them", async () => {
    const zip = new Uint8Array(Buffer.from("a zip file"));
    const deployed = await client.deployFunction("thumbs", zip, { memoryMb: 256 }, { wait: true });
    expect(deployed).toMatchObject({ name: "thumbs", state: "active", memoryMb: 256 });
    expect(deployed.package.bytes).toBe(zip.byteLength);
    const again = await client.deployFunction("thumbs", zip, { memoryMb: 256 });
    expect(again.digest).toBe(deployed.digest);
    expect((await client.function("thumbs")).activeDigest).toBe(deployed.digest);
    expect((await all(client.functions())).map(({ name }) => name)).toEqual(["thumbs"]);
    expect(await all(client.functionVersions("thumbs"))).toHaveLength(1);
    expect(await client.tryFunction("thumbs", { n: 1 })).toMatchObject({
      outcome: "returned",
      output: { event: { inputs: { n: 1 } } },
    });
    expect(await client.removeFunction("thumbs")).toEqual({ name: "thumbs", removed: true });
    await expect(client.function("thumbs")).rejects.toMatchObject({ code: "function_not_found" });
  });
});

describe("the client", () => {
  it("defines tasks and lists them with their versions", async () => {
    const first = await client.define("counted", { ...plainTask, description: "one" });
    const again = await client.define("counted", { ...plainTask, description: "one" });
    const second = await client.define("counted", { ...plainTask, description: "two" });
    expect([first.version, again.version, second.version]).toEqual([1, 1, 2]);
    expect((await all(client.tasks())).map(({ name }) => name)).toContain("counted");
    expect((await client.task("counted")).spec.description).toBe("two");
    expect((await all(client.versions("counted"))).map(({ version }) => version)).toEqual([2, 1]);
  });

  it("lists instances across pages, by filter, item by item or page by page", async () => {
    const tags = { made: "for the list" };
    await client.submitMany(Array.from({ length: 7 }, () => ({ task: "sleeper", tags })));
    const filter = { task: "sleeper", tag: "made=for the list", limit: 3 } as const;
    expect(await all(client.list(filter))).toHaveLength(7);
    const pages = await all(client.list(filter).pages());
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flatMap(({ items }) => items)).toHaveLength(7);
    const since = new Date(Date.now() + 60_000);
    expect(await all(client.list({ ...filter, since }))).toEqual([]);
    const state = ["succeeded", "failed"] as const;
    expect(await all(client.list({ ...filter, state }))).toEqual([]);
  });

  it("tells everything about an instance", async () => {
    const { id } = await client.submitAndWait({ task: "resize", input: 5 });
    expect((await client.status(id)).output).toBe(5);
    expect((await client.history(id)).items[0]?.command).toBe("submit");
    expect((await client.routing(id)).items[0]?.receipt?.chosen).toBe("local");
    expect((await client.why(id)).summary).not.toBe("");
    expect((await client.logs(id)).items[0]?.text).toContain("hello from the task");
    const stats = await client.stats("resize", { hours: 2 });
    expect(stats).toMatchObject({ task: "resize" });
    const placement = await client.placement("resize");
    expect(placement).toMatchObject({ task: "resize", placements: [] });
  });

  it("cancels and starts again", async () => {
    const { id } = await client.submit({ task: "sleeper" });
    expect((await client.cancel(id, { reason: "changed my mind" })).state).toBe("cancelled");
    expect((await client.retry(id)).round).toBe(2);
    await client.cancel(id);
    await expect(client.retry("ins_00000000000000000000000000")).rejects.toMatchObject({
      code: "instance_not_found",
    });
  });

  it("pauses and resumes a task", async () => {
    expect((await client.pause("sleeper", { reason: "a test" })).paused?.reason).toBe("a test");
    expect((await client.resume("sleeper")).paused).toBeUndefined();
  });

  it("purges page by page", async () => {
    const { id } = await client.submitAndWait({ task: "resize" });
    const before = new Date(Date.now() + 1_000);
    const pages = await all(client.purge({ before, task: "resize", states: ["succeeded"] }));
    expect(pages.reduce((sum, page) => sum + page.instancesDeleted, 0)).toBeGreaterThan(0);
    await expect(client.status(id)).rejects.toMatchObject({ status: 404 });
  });

  it("shows inputs and outputs by themselves, whatever their size", async () => {
    const large = "x".repeat(200_000);
    const small = await client.submitAndWait({ task: "resize", input: 5 });
    expect([await client.input(small.id), await client.output(small.id)]).toEqual([5, 5]);
    const { id } = await client.submit({ task: "sleeper", input: large });
    expect(await client.input(id)).toBe(large);
    await yard.started(id);
    await yard.finish(id, { putAway: JSON.stringify(large) });
    expect((await client.wait(id)).output).toBe(large);
  });

  it("asks the doctor and for the health", async () => {
    const pages = await all(client.doctor());
    expect(pages.reduce((sum, page) => sum + page.scanned, 0)).toBeGreaterThan(0);
    expect(await client.health()).toMatchObject({ status: "ok" });
  });
});

describe("the client of rules", () => {
  const big = { name: "big", when: "memory_requirement > 4GB", type: "traditional" } as const;
  const mine = { name: "mine", rules: [big] };

  it("checks rules and tries them on features, keeping nothing", async () => {
    const { rules } = client;
    expect(await rules.check({ when: "memory_requirement>4GB" })).toMatchObject({
      ok: true,
      when: "memory_requirement > 4GB",
    });
    const wrong = await rules.check({ when: "memory_requirement > 4gb" });
    expect(wrong).toMatchObject({ ok: false, mistakes: [{ line: 1, column: 22 }] });
    const evaluated = await rules.evaluate({ rules: mine, features: { memory_requirement: 5 } });
    expect(evaluated).toMatchObject({ rule: "big", type: "traditional" });
    expect((await rules.show()).latestVersion).toBe(0);
  });

  it("keeps versions, brings them into force and back", async () => {
    const { rules } = client;
    const kept = await rules.set(mine, { note: "a try", activate: false });
    expect(kept).toMatchObject({ version: 1, active: { version: 0 } });
    expect(yard.requestsTo("/v1/rules").at(-1)?.body).toEqual({
      ...mine,
      note: "a try",
      activate: false,
    });
    expect((await all(rules.versions())).map(({ version }) => version)).toEqual([1, 0]);
    expect(await rules.version(1)).toMatchObject({ name: "mine", note: "a try" });
    expect((await rules.activate(1, { reason: "go" })).active.version).toBe(1);
    const back = await rules.activate(0);
    expect(back.changes).toMatchObject([{ version: 0 }, { version: 1, reason: "go" }]);
  });

  it("tries a version in shadow and on a share, and ends that", async () => {
    const { rules } = client;
    expect((await rules.shadow(1)).shadow).toEqual({ version: 1, name: "mine" });
    expect((await rules.shadow(undefined)).shadow).toBeUndefined();
    const tried = { candidateVersion: 1, percent: 12.5 };
    expect((await rules.experiment(tried)).experiment).toMatchObject(tried);
    expect(await rules.stopWorseExperiment()).toMatchObject({ outcome: "goes on" });
    expect((await rules.experiment(undefined)).experiment).toBeUndefined();
    expect(await rules.stopWorseExperiment()).toEqual({ outcome: "none running" });
  });

  it("asks what rules would have made of what ran, and how those that are tried do", async () => {
    const since = new Date(Date.now() - 60_000);
    const { id } = await client.submitAndWait({ task: "resize", input: 5 });
    const what = { since, task: "resize", policy: { name: "cost-first" } } as const;
    const answer = await client.rules.whatIf({ ...what, rules: { version: 1 }, limit: 1 });
    expect(answer).toMatchObject({
      since: since.toISOString(),
      rules: { name: "mine", version: 1 },
      ...{ policy: { name: "cost-first" }, scanned: 1, instances: 1, moved: 0 },
    });
    expect(yard.requestsTo("/v1/rules/what-if").at(-1)?.body).toMatchObject({
      since: since.toISOString(),
      limit: 1,
    });
    const compared = await client.rules.compare({ since, until: new Date(), task: "resize" });
    expect(compared).toMatchObject({ since: since.toISOString(), shadows: [], experiments: [] });
    expect(compared.scanned).toBeGreaterThan(0);
    expect((await client.status(id)).state).toBe("succeeded");
  });
});

describe("the client of pools, and that of workers", () => {
  let worker: WorkClient;
  beforeAll(async () => {
    worker = openWorkClient(yard.url, { headers: {}, sign: undefined });
    await client.define("fetched", { run: { command: { argv: ["resize"] } } });
    await client.pools.define("edge", { type: "edge", labels: { site: "tokyo" } });
  });
  afterAll(() => worker.close());

  it("show pools and their workers, let workers go and delete pools", async () => {
    const { pools } = client;
    await pools.define("empty", { leaseSeconds: 60 });
    expect((await all(pools.list())).map(({ name }) => name)).toEqual(["edge", "empty"]);
    expect(await pools.show("empty")).toMatchObject({ waiting: 0, spec: { leaseSeconds: 60 } });
    const facts = { slots: 2, labels: { rack: "7" } };
    expect(await worker.register("empty", "w1", facts)).toMatchObject({ leaseSeconds: 60 });
    expect(await all(pools.workers("empty"))).toMatchObject([{ id: "w1", slots: 2 }]);
    expect(await pools.drain("empty", "w1")).toMatchObject({ id: "w1", health: "draining" });
    await worker.remove("empty", "w1");
    expect(await all(pools.workers("empty"))).toEqual([]);
    expect(await pools.delete("empty")).toEqual({ deleted: true });
    await expect(pools.show("empty")).rejects.toMatchObject({ code: "pool_not_found" });
  });

  it("fetch an attempt, give signs of life and report its end", async () => {
    const { id } = await client.submit({ task: "fetched", input: 7 });
    await worker.register("edge", "w2", { slots: 1 });
    const signal = new AbortController().signal;
    const leased = await worker.lease("edge", { worker: "w2", slots: 1 }, signal);
    const [order] = leased.items;
    expect(order).toMatchObject({ instanceId: id, task: "fetched", leaseSeconds: 30 });
    const who = { instanceId: id, token: order?.token ?? "" };
    const attemptId = order?.attemptId ?? "";
    const beat = await worker.heartbeat(attemptId, { ...who, progress: { done: 0.5 } }, 1_000);
    expect(beat).toEqual({ verdict: "continue" });
    const end = { ...who, outcome: "succeeded", output: 8 } as const;
    expect(await worker.complete(attemptId, end)).toEqual({
      result: "recorded",
      state: "succeeded",
    });
    expect((await client.wait(id)).output).toBe(8);
  });

  it("begin an attempt that a container was started for", async () => {
    const { id } = await client.submit({ task: "sleeper", input: 7 });
    const { attemptId } = await yard.started(id);
    const order = await worker.begin(attemptId, { instanceId: id, runner: "container 1" });
    expect(order).toMatchObject({ instanceId: id, attemptId, attempt: 1 });
    expect(await client.status(id)).toMatchObject({ state: "running" });
  });
});

describe("the client of schedules", () => {
  it("defines, lists, pauses, resumes, runs and deletes them, and shows their slots", async () => {
    const { schedules } = client;
    const body = { expression: "rate(1 hour)", task: "resize", input: { at: "{{nominal.iso}}" } };
    const made = await schedules.define("hourly", body);
    expect(made).toMatchObject({ name: "hourly", state: "active", warnings: [] });
    expect((await all(schedules.list({ task: "resize" }))).map(({ name }) => name)).toEqual([
      "hourly",
    ]);
    expect(await all(schedules.list({ state: "paused" }))).toEqual([]);
    const paused = await schedules.pause("hourly", { reason: "a move" });
    expect(paused).toMatchObject({ state: "paused", paused: { reason: "a move" } });
    expect(await schedules.resume("hourly")).toMatchObject({ state: "active", generation: 2 });
    const instance = await schedules.run("hourly");
    expect((await client.wait(instance.id)).state).toBe("succeeded");
    expect((await schedules.show("hourly")).latest?.instanceId).toBe(instance.id);
    expect(await all(schedules.slots("hourly"))).toEqual([]);
    expect(await schedules.delete("hourly")).toEqual({ deleted: true });
    await expect(schedules.show("hourly")).rejects.toMatchObject({ code: "schedule_not_found" });
  });

  it("runs past slots, shows how far that is and cancels it", async () => {
    const { schedules } = client;
    await schedules.define("daily", { expression: "0 0 * * *", task: "resize" });
    const range = { from: "2026-01-01T00:00:00Z", to: "2026-01-04T00:00:00Z" };
    expect(await schedules.planBackfill("daily", range)).toMatchObject({ total: 3, toRun: 3 });
    const { id } = await schedules.backfill("daily", { ...range, concurrency: 2 });
    expect((await all(schedules.backfills("daily"))).map((each) => each.id)).toEqual([id]);
    expect(await schedules.showBackfill("daily", id)).toMatchObject({ state: "running", total: 3 });
    expect((await schedules.cancelBackfill("daily", id)).state).toBe("cancelled");
  });
});

describe("the clients of people and of workers together", () => {
  it("have called every operation of the contract but the pages for people", () => {
    const called = new Set(
      yard.requests.map(({ method, path }) => operationOf(method.toLowerCase(), path)),
    );
    const pages: readonly OperationId[] = ["getOpenApi", "getDocs", "getErrorDocs"];
    const wanted = operationIds.filter((id) => !pages.includes(id));
    expect(wanted.filter((id) => !called.has(id))).toEqual([]);
  });
});

function operationOf(method: string, path: string): OperationId | undefined {
  return operationIds.find((id) => {
    const pattern = new RegExp(`^${routes[id].path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    return routes[id].method === method && pattern.test(path);
  });
}
