import { describe, expect, it } from "vitest";
import { contents, define, expectProblem, openYard, simpleTask, submit } from "./yard.ts";

const badDefinitions = [
  ["an unknown field", { ...simpleTask, timeoutSecond: 3 }, "unknown_field", "/timeoutSecond"],
  [
    "a deep unknown field",
    { run: { function: { modul: "a.mjs" } } },
    "unknown_field",
    "/run/function/modul",
  ],
  ["no target", { run: {} }, "invalid_field", "/run"],
  ["no run", {}, "invalid_field", "/run"],
  [
    "a path that leaves its folder",
    { run: { function: { module: "../a.mjs" } } },
    "invalid_field",
    "/run/function/module",
  ],
  [
    "an absolute path",
    { run: { function: { module: "/etc/a.mjs" } } },
    "invalid_field",
    "/run/function/module",
  ],
  [
    "$LATEST",
    {
      run: {
        lambda: { functionArn: "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST" },
      },
    },
    "invalid_field",
    "/run/lambda/functionArn",
  ],
  [
    "an ARN without alias",
    { run: { lambda: { functionArn: "arn:aws:lambda:us-east-1:123456789012:function:f" } } },
    "invalid_field",
    "/run/lambda/functionArn",
  ],
  [
    "an ARN of another service",
    { run: { lambda: { functionArn: "arn:aws:iam::123456789012:role/x:1" } } },
    "invalid_field",
    "/run/lambda/functionArn",
  ],
  [
    "a role in the target",
    { run: { lambda: { functionArn: "x", taskRoleArn: "y" } } },
    "unknown_field",
    "/run/lambda/taskRoleArn",
  ],
  ["environment variables", { ...simpleTask, env: { LD_PRELOAD: "x" } }, "unknown_field", "/env"],
  [
    "21 attempts",
    { ...simpleTask, retry: { maxAttempts: 21 } },
    "invalid_field",
    "/retry/maxAttempts",
  ],
  ["no time", { ...simpleTask, timeoutSeconds: 0 }, "invalid_field", "/timeoutSeconds"],
  [
    "an endless time",
    { ...simpleTask, timeoutSeconds: 2 ** 31 },
    "invalid_field",
    "/timeoutSeconds",
  ],
  ["a list", [simpleTask], "invalid_field", ""],
  [
    "a tag of AWS",
    { ...simpleTask, tags: { "aws:cloudformation": "x" } },
    "invalid_field",
    "/tags/aws:cloudformation",
  ],
  [
    "a control character in its description",
    { ...simpleTask, description: "a\u0000b" },
    "invalid_field",
    "/description",
  ],
  [
    "an unknown error class",
    { ...simpleTask, retry: { retryOn: ["tiemout"] } },
    "invalid_field",
    "/retry/retryOn/0",
  ],
] as const;

describe("defining tasks", () => {
  it("answers 201 with version 1, the resolved definition, an ETag and its place", async () => {
    const yard = openYard();
    const reply = await yard.call("PUT", "/v1/tasks/hello", { body: simpleTask });
    expect(reply.status).toBe(201);
    expect(reply.body).toMatchObject({
      name: "hello",
      version: 1,
      spec: { run: { function: { module: "hello.mjs", export: "handler" } }, timeoutSeconds: 300 },
      createdAt: "2026-11-20T09:00:00.000Z",
      links: { self: "/v1/tasks/hello" },
    });
    expect(reply.headers.get("etag")).toBe('"1"');
    expect(reply.headers.get("location")).toBe("/v1/tasks/hello");
  });

  it("answers 200 and changes nothing when the definition is the same in other words", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const before = contents(yard);
    const reply = await yard.call("PUT", "/v1/tasks/hello", {
      rawBody:
        '{"timeoutSeconds":3.0e2,"run":{"function":{"export":"handler","module":"hello.mjs"}}}',
    });
    expect([reply.status, reply.body.version]).toEqual([200, 1]);
    expect(contents(yard)).toBe(before);
  });

  it("makes a new version when the definition changes, and keeps the old one", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const reply = await yard.call("PUT", "/v1/tasks/hello", {
      body: { ...simpleTask, timeoutSeconds: 10 },
    });
    expect([reply.status, reply.body.version]).toEqual([201, 2]);
    const versions = await yard.call("GET", "/v1/tasks/hello/versions");
    const shown = versions.body.items.map((item: { version: number }) => item.version);
    expect(shown).toEqual([2, 1]);
    expect(versions.body.items[1].spec.timeoutSeconds).toBe(300);
    expect(versions.body.items[0].createdBy).toBe("ada");
  });

  it("changes a task under If-Match only while that is its newest version", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const changed = { ...simpleTask, timeoutSeconds: 10 };
    const first = await yard.call("PUT", "/v1/tasks/hello", {
      body: changed,
      headers: { "if-match": '"1"' },
    });
    expect(first.status).toBe(201);
    const before = contents(yard);
    const stale = await yard.call("PUT", "/v1/tasks/hello", {
      body: simpleTask,
      headers: { "if-match": '"1"' },
    });
    expect(expectProblem(stale, 412, "precondition_failed").pointer).toBe("If-Match");
    const nonsense = await yard.call("PUT", "/v1/tasks/hello", {
      body: simpleTask,
      headers: { "if-match": "W/whatever" },
    });
    expectProblem(nonsense, 400, "invalid_field");
    expect(contents(yard)).toBe(before);
  });
});

describe("bad definitions", () => {
  it.each(badDefinitions)("refuses %s and stores nothing", async (_, body, code, pointer) => {
    const yard = openYard();
    const reply = await yard.call("PUT", "/v1/tasks/hello", { body });
    expect(expectProblem(reply, 400, code).pointer).toBe(pointer);
    expect(contents(yard)).toBe("[]");
  });

  it("names the field that was probably meant", async () => {
    const yard = openYard();
    const unknown = await yard.call("PUT", "/v1/tasks/hello", {
      body: { ...simpleTask, prority: 3 },
    });
    expect(unknown.body.suggestion).toBe('did you mean "priority"?');
    const value = await yard.call("PUT", "/v1/tasks/hello", {
      body: { ...simpleTask, retry: { retryOn: ["tiemout"] } },
    });
    expect(value.body.suggestion).toBe('did you mean "timeout"?');
  });

  it.each(["a%2Fb", "a%23b", "..%2Fx", "%00", "*", "-a", "%D0%B0cme", "a".repeat(64), "a%20b"])(
    "refuses the name %s",
    async (name) => {
      const yard = openYard();
      const reply = await yard.call("PUT", `/v1/tasks/${name}`, { body: simpleTask });
      expect(expectProblem(reply, 400, "invalid_field").pointer).toBe("name");
      expect(contents(yard)).toBe("[]");
    },
  );
});

describe("reading tasks", () => {
  it("shows a task, and 404 with the nearest name for one that does not exist", async () => {
    const yard = openYard();
    await define(yard, "thumbnail");
    const found = await yard.call("GET", "/v1/tasks/thumbnail");
    expect([found.status, found.body.name]).toEqual([200, "thumbnail"]);
    const missing = await yard.call("GET", "/v1/tasks/thumbnial");
    expect(expectProblem(missing, 404, "task_not_found").suggestion).toContain("thumbnail");
  });

  it("pages through all tasks in the order of their names", async () => {
    const yard = openYard();
    for (const name of ["d", "a", "c", "b", "e"]) await define(yard, name);
    const seen: string[] = [];
    let path: string | undefined = "/v1/tasks?limit=2";
    let pages = 0;
    while (path !== undefined) {
      const page = await yard.call("GET", path);
      expect(page.status, page.text).toBe(200);
      seen.push(...page.body.items.map((item: { name: string }) => item.name));
      const next: string | undefined = page.body.nextCursor;
      path = next === undefined ? undefined : `/v1/tasks?limit=2&cursor=${next}`;
      pages += 1;
    }
    expect(seen).toEqual(["a", "b", "c", "d", "e"]);
    expect(pages).toBe(3);
  });

  it("pages through a task's versions", async () => {
    const yard = openYard();
    for (const timeoutSeconds of [1, 2, 3])
      await define(yard, "a", { ...simpleTask, timeoutSeconds });
    const first = await yard.call("GET", "/v1/tasks/a/versions?limit=2");
    const second = await yard.call(
      "GET",
      `/v1/tasks/a/versions?limit=2&cursor=${first.body.nextCursor}`,
    );
    const versions = [...first.body.items, ...second.body.items].map((item) => item.version);
    expect(versions).toEqual([3, 2, 1]);
    expect(second.body.nextCursor).toBeUndefined();
  });
});

describe("pausing and resuming a task", () => {
  it("holds submissions while paused and lets them go when resumed", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const paused = await yard.call("POST", "/v1/tasks/hello/pause", { body: { reason: "night" } });
    expect(paused.body.paused).toEqual({
      at: "2026-11-20T09:00:00.000Z",
      by: "ada",
      reason: "night",
    });
    const first = await submit(yard, { task: "hello" });
    yard.now += 1;
    const ids = [first, await submit(yard, { task: "hello" })];
    await yard.dispatch();
    for (const id of ids) {
      expect(await yard.instance(id)).toMatchObject({ state: "pending", waiting: "paused" });
    }
    yard.now += 1_000;
    const resumed = await yard.call("POST", "/v1/tasks/hello/resume", { body: {} });
    expect([resumed.status, resumed.body.paused]).toEqual([200, undefined]);
    expect(yard.hints.map(({ instanceId }) => instanceId)).toEqual(ids);
    await yard.dispatch();
    for (const id of ids) expect((await yard.instance(id)).state).toBe("running");
  });

  it("keeps the first pause when paused again, and needs no body", async () => {
    const yard = openYard();
    await define(yard, "hello");
    await yard.call("POST", "/v1/tasks/hello/pause", { body: { reason: "first" } });
    yard.now += 1_000;
    const again = await yard.call("POST", "/v1/tasks/hello/pause");
    expect([again.status, again.body.paused.reason]).toEqual([200, "first"]);
    const before = contents(yard);
    await yard.call("POST", "/v1/tasks/hello/pause", { body: { reason: "second" } });
    expect(contents(yard)).toBe(before);
  });

  it("lets leftovers go when a task that runs is resumed again, more than one page of them", async () => {
    const yard = openYard();
    await define(yard, "hello");
    await yard.call("POST", "/v1/tasks/hello/pause");
    const items = Array.from({ length: 120 }, () => ({ task: "hello" }));
    await yard.call("POST", "/v1/instances/batch", { body: { items } });
    await yard.dispatch();
    await yard.call("POST", "/v1/tasks/hello/resume");
    expect(yard.hints).toHaveLength(120);
    const list = await yard.call("GET", "/v1/instances?state=pending&limit=200");
    const reasons = new Set(list.body.items.map((item: { waiting: string }) => item.waiting));
    expect([...reasons]).toEqual(["due"]);
  });

  it("answers 404 for a task that does not exist", async () => {
    const yard = openYard();
    expectProblem(await yard.call("POST", "/v1/tasks/nope/pause"), 404, "task_not_found");
    expectProblem(await yard.call("POST", "/v1/tasks/nope/resume"), 404, "task_not_found");
  });
});
