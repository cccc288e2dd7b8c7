import { describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { eventYard, instancesOf, onSold, put, trigger } from "./event-yard.ts";
import { contents, expectProblem, openYard, stranger } from "./yard.ts";

describe("a trigger", () => {
  it("is made by its first definition and changed by the next", async () => {
    const yard = await eventYard();
    const made = await trigger(yard, "sales");
    expect([made.status, made.headers.get("location")]).toEqual([201, "/v1/triggers/sales"]);
    expect(made.body).toMatchObject({
      name: "sales",
      state: "active",
      spec: { ...onSold, bus: "switchyard", replays: false },
      updatedBy: "ada",
    });
    yard.now += 1_000;
    const changed = await trigger(yard, "sales", { ...onSold, task: "other" });
    expect(changed.status).toBe(200);
    expect(changed.body.createdAt).toBe(made.body.createdAt);
    expect((await yard.call("GET", "/v1/triggers/sales")).body).toEqual(changed.body);
  });

  it("is listed with the others, page by page, in the order of names", async () => {
    const yard = await eventYard();
    for (const name of ["c", "a", "b"]) await trigger(yard, name);
    const first = await yard.call("GET", "/v1/triggers?limit=2");
    const second = await yard.call("GET", `/v1/triggers?limit=2&cursor=${first.body.nextCursor}`);
    const names = [...first.body.items, ...second.body.items].map(({ name }) => name);
    expect([names, second.body.nextCursor]).toEqual([["a", "b", "c"], undefined]);
  });

  it("belongs to one tenant", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    const reply = await yard.call("GET", "/v1/triggers/sales", { as: stranger });
    expectProblem(reply, 404, "trigger_not_found");
    const entries = [{ source: "shop", detailType: "Sold", detail: {} }];
    const put = await yard.call("POST", "/v1/events", { body: { entries }, as: stranger });
    expect(put.body.items[0].taken).toEqual([]);
  });

  it("makes nothing while it is paused, and stays paused when it is defined anew", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    const path = "/v1/triggers/sales";
    const paused = await yard.call("POST", `${path}/pause`, { body: { reason: "stocktaking" } });
    expect(paused.body).toMatchObject({
      state: "paused",
      paused: { by: "ada", reason: "stocktaking" },
    });
    const before = contents(yard);
    await yard.call("POST", `${path}/pause`);
    expect(contents(yard)).toBe(before);
    expect((await trigger(yard, "sales")).body.state).toBe("paused");
    expect((await put(yard)).taken).toEqual([
      { trigger: "sales", outcome: "ignored", reason: "the trigger is paused" },
    ]);
    expect((await yard.call("POST", `${path}/resume`)).body.state).toBe("active");
    expect((await put(yard)).taken[0].outcome).toBe("submitted");
  });

  it("makes nothing any more when it is deleted", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    expect((await yard.call("DELETE", "/v1/triggers/sales")).body).toEqual({ deleted: true });
    expect((await put(yard)).taken).toEqual([]);
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/pause"],
      ["POST", "/resume"],
    ] as const) {
      const reply = await yard.call(method, `/v1/triggers/sales${path}`);
      expectProblem(reply, 404, "trigger_not_found");
    }
  });
});

describe("triggers", () => {
  it(`are refused beyond ${limits.triggersMax} of them`, async () => {
    const yard = await eventYard();
    for (let n = 0; n < limits.triggersMax; n++) await trigger(yard, `t${n}`);
    const reply = await yard.call("PUT", "/v1/triggers/more", { body: onSold });
    expectProblem(reply, 409, "limit_reached");
    expect((await trigger(yard, "t7", { ...onSold, task: "other" })).status).toBe(200);
  });

  it("ask for their mirror where there is one, and for nothing where there is none", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    const alone = [...yard.store.all()].find(({ type }) => type === "trigger");
    expect(alone?.body).not.toHaveProperty("wakeAtMs");
    const sent: unknown[] = [];
    const recordHints = {
      mirrors: true,
      send: async (hints: readonly unknown[]) => void sent.push(...hints),
    };
    Object.assign(yard.engine, { recordHints });
    const mirrored = await trigger(yard, "sales", { ...onSold, task: "other" });
    expect(mirrored.body.mirror.state).toBe("pending");
    await yard.call("POST", "/v1/triggers/sales/pause");
    await yard.call("DELETE", "/v1/triggers/sales");
    const hint = { kind: "mirror", of: "trigger", tenant: "acme", name: "sales" };
    expect(sent).toEqual([hint, hint, hint]);
  });
});

const or = (count: number) => Array.from({ length: count }, (_, n) => ({ [`k${n}`]: [1] }));

const refusals: [string, object, number, string, string][] = [
  ["without a pattern", { task: "hello" }, 400, "invalid_field", "/pattern"],
  ["with a field there is not", { ...onSold, tsk: "x" }, 400, "unknown_field", "/tsk"],
  ["with an empty pattern", { ...onSold, pattern: {} }, 400, "invalid_pattern", "/pattern"],
  [
    "with a value that is no list",
    { ...onSold, pattern: { source: "shop" } },
    400,
    "invalid_pattern",
    "/pattern/source",
  ],
  [
    "with an operator there is not",
    { ...onSold, pattern: { source: [{ like: "x" }] } },
    400,
    "invalid_pattern",
    "/pattern/source/0",
  ],
  [
    "with more combinations than EventBridge takes",
    { ...onSold, pattern: { a: { $or: or(40) }, b: { $or: or(26) } } },
    400,
    "invalid_pattern",
    "/pattern",
  ],
  [
    "with more wildcards than EventBridge takes",
    { ...onSold, pattern: { a: Array.from({ length: 31 }, (_, n) => ({ wildcard: `${n}*` })) } },
    400,
    "invalid_pattern",
    "/pattern",
  ],
  [
    "with a longer pattern than EventBridge takes",
    { ...onSold, pattern: { a: ["x".repeat(2_048)] } },
    400,
    "invalid_pattern",
    "/pattern",
  ],
  [
    "with a template that names what is not there",
    { ...onSold, input: { a: "{{evnt.id}}" } },
    400,
    "invalid_template",
    "/input/a",
  ],
  [
    "with a template that ends too soon",
    { ...onSold, config: { k: "{{event.id" } },
    400,
    "invalid_template",
    "/config/k",
  ],
  ["for a task there is not", { ...onSold, task: "helo" }, 404, "task_not_found", "/task"],
  [
    "for a version there is not",
    { ...onSold, version: 9 },
    404,
    "task_version_not_found",
    "/version",
  ],
  [
    "that takes all ends, its own task's among them",
    { pattern: { source: ["switchyard"] }, task: "hello" },
    409,
    "trigger_would_loop",
    "/pattern",
  ],
  [
    "that takes the ends of its own task",
    { pattern: { detail: { task: ["other", "hello"], to: ["failed"] } }, task: "hello" },
    409,
    "trigger_would_loop",
    "/pattern",
  ],
  [
    "that could take the ends of its own task",
    { pattern: { detail: { reason: [{ prefix: "attempt" }], group: ["night"] } }, task: "hello" },
    409,
    "trigger_would_loop",
    "/pattern",
  ],
];

describe("a trigger is refused", () => {
  it.each(refusals)("%s", async (_, body, status, code, pointer) => {
    const yard = await eventYard();
    const before = contents(yard);
    const reply = await yard.call("PUT", "/v1/triggers/t", { body });
    expect(expectProblem(reply, status, code as "conflict").pointer).toBe(pointer);
    expect(contents(yard)).toBe(before);
  });

  it.each<[string, object]>([
    ["another task", { detail: { task: ["other"] } }],
    ["anything but its own task", { detail: { task: [{ "anything-but": "hello" }] } }],
    ["what no trigger made", { detail: { trigger: [{ exists: false }] } }],
    ["what another trigger made", { detail: { trigger: [{ "anything-but": "t" }] } }],
    ["a field that our events do not have", { detail: { order: [{ exists: true }] } }],
  ])("for no loop where its pattern wants %s", async (_, pattern) => {
    const yard = await eventYard();
    const body = { pattern: { source: ["switchyard"], ...pattern }, task: "hello" };
    expect((await trigger(yard, "t", body)).status).toBe(201);
  });
});

describe("the pattern tester", () => {
  const event = { source: "shop", detail: { total: 80, items: [{ sku: "a" }] } };
  it.each<[object, object]>([
    [{ source: ["shop"] }, { matches: true, reason: "every condition of the pattern holds" }],
    [
      { detail: { total: [{ numeric: [">=", 100] }] } },
      { matches: false, path: "detail.total", reason: "detail.total is 80, not a number >= 100" },
    ],
    [
      { detail: { customer: ["x"] } },
      {
        matches: false,
        path: "detail.customer",
        reason: 'the event has no value at detail.customer, which must be "x"',
      },
    ],
  ])("says of %j what stands against it", async (pattern, verdict) => {
    const yard = openYard();
    const reply = await yard.call("POST", "/v1/triggers/test", { body: { pattern, event } });
    expect([reply.status, reply.body]).toEqual([200, verdict]);
  });

  it("points to what is wrong with a pattern", async () => {
    const yard = openYard();
    const body = { pattern: { a: [{ prefx: "x" }] }, event };
    const reply = await yard.call("POST", "/v1/triggers/test", { body });
    const problem = expectProblem(reply, 400, "invalid_pattern");
    expect(problem).toMatchObject({
      pointer: "/pattern/a/0",
      suggestion: 'did you mean "prefix"?',
    });
    expect(instancesOf(yard)).toEqual([]);
  });
});
