import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { errorOf, type LocalYard, openYard, outputOf } from "./local-yard.ts";

const modules = {
  "task.mjs": `
    export const handler = (event) => event;
    export const nothing = async () => undefined;
    export const context = (event, context) => ({
      awsRequestId: context.awsRequestId, functionName: context.functionName,
      functionVersion: context.functionVersion, memoryLimitInMB: context.memoryLimitInMB,
    });
    export const outputs = ({ inputs }) => ({
      bigint: () => ({ rows: [1n] }),
      cyclic: () => { const a = {}; a.self = { a }; return a; },
      shared: () => { const a = { x: 1 }; return [a, a]; },
      function: () => ({ call: () => 1 }),
      bare: () => () => 1,
      symbol: () => [Symbol("s")],
      nan: () => ({ mean: 0 / 0 }),
      map: () => new Map([[1, 2]]),
      promise: () => ({ later: Promise.resolve(1) }),
      throwing: () => ({ toJSON() { throw new Error("not today"); } }),
      deep: () => { let a = {}; for (let i = 0; i < 500; i++) a = { a }; return a; },
      large: () => "é".repeat(100_000),
      date: () => new Date(0),
    })[inputs]();
    export const failures = async ({ inputs }) => {
      switch (inputs) {
        case "type": throw new TypeError("wrong");
        case "final": throw Object.assign(new Error("hopeless"), { retryable: false });
        case "cause": throw new Error("fetch failed", { cause: Object.assign(new Error("connect refused"), { code: "E" }) });
        case "text": throw "just text";
        case "undefined": throw undefined;
        case "object": throw { code: 7 };
        case "hostile": throw new Proxy({}, { has() { throw new Error("no"); } });
        case "long": throw new Error("x".repeat(10_000));
      }
    };
    export const notFunction = 5;
  `,
  "nested/deep.mjs": "export const handler = () => 'deep';",
  "common.js": "module.exports = { ['hand' + 'ler']: () => 'common' };",
  "broken.mjs": "export const handler = () => {;",
  "throws.mjs": "throw new RangeError('at load'); export const handler = 1;",
  "needs.mjs": "import 'no-such-package'; export const handler = () => 1;",
  "exits.mjs": "process.exit(4);",
  "loads-for-ever.mjs":
    "await new Promise((resolve) => setTimeout(resolve, 60_000)); export const handler = () => 1;",
};

let yard: LocalYard;
beforeAll(async () => {
  yard = await openYard(modules);
});
afterAll(() => yard.close());

describe("what a function gets", () => {
  it("is the invocation envelope, version 1, without the token", async () => {
    const order = yard.order({ input: { name: "Ada" }, attempt: 3, timeoutMs: 5_000 });
    await yard.executor.start({ ...order, config: { region: "eu" } });
    const output = outputOf(await yard.finalOf(order.attemptId));
    expect(output).toEqual({
      version: 1,
      task_id: order.instanceId,
      instance: { id: order.instanceId, tenant: "default", task: "task", task_version: 1 },
      attempt: { id: order.attemptId, number: 3 },
      request_id: order.attemptId,
      trace: { traceparent: expect.stringMatching(/^00-/), baggage: expect.any(String) },
      inputs: { name: "Ada" },
      config: { region: "eu" },
      deadline: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      resource_limits: { timeout_ms: 5_000, memory_mb: 256 },
    });
    expect(JSON.stringify(output)).not.toContain(order.token);
  });

  it("is a context with Lambda's names", async () => {
    const order = yard.order({ export: "context", taskVersion: 4, memoryMb: 128 });
    await yard.executor.start(order);
    expect(outputOf(await yard.finalOf(order.attemptId))).toEqual({
      awsRequestId: order.attemptId,
      functionName: "task",
      functionVersion: "4",
      memoryLimitInMB: "128",
    });
  });
});

describe("what a function returns", () => {
  it("may be nothing", async () => {
    const report = await yard.run({ export: "nothing" });
    expect(report).not.toHaveProperty("output");
    expect(report.usage?.durationMs).toBeGreaterThanOrEqual(0);
    expect(report.usage?.cpuMs).toBeGreaterThan(0);
    expect(report.usage?.memoryMbPeak).toBeGreaterThan(0);
  });

  it.each([
    ["bigint", "output.rows[0] is a BigInt"],
    ["cyclic", "output.self.a refers back"],
    ["function", "output.call is a function"],
    ["bare", "output is a function"],
    ["symbol", "output[0] is a symbol"],
    ["nan", "output.mean is NaN"],
    ["map", "output is a Map"],
    ["promise", "output.later is a Promise; an await is missing"],
    ["throwing", "not today"],
    ["deep", "nested deeper than 100 levels"],
    ["large", `at most ${limits.outputBytesMax} are kept`],
  ])("is refused with a precise message when it is no JSON: %s", async (input, message) => {
    const error = errorOf(await yard.run({ export: "outputs", input }));
    expect(error).toMatchObject({ class: "invalid_output" });
    expect(error.message).toContain(message);
  });

  it.each([
    ["shared", [{ x: 1 }, { x: 1 }]],
    ["date", "1970-01-01T00:00:00.000Z"],
  ])("is taken as JSON writes it: %s", async (input, output) => {
    expect(outputOf(await yard.run({ export: "outputs", input }))).toEqual(output);
  });
});

describe("what a function throws", () => {
  it.each([
    ["type", { class: "error", name: "TypeError", message: "wrong" }],
    ["final", { class: "error", message: "hopeless", retryable: false }],
    ["cause", { message: "fetch failed (cause: connect refused)" }],
    ["text", { class: "error", message: "just text" }],
    ["undefined", { class: "error", message: "undefined" }],
    ["object", { class: "error", message: '{"code":7}' }],
    ["hostile", { class: "error", message: "the task threw a value that cannot be read" }],
  ])("is the attempt's error, whatever it is: %s", async (input, expected) => {
    expect(errorOf(await yard.run({ export: "failures", input }))).toMatchObject(expected);
  });

  it("has its message cut to the limit", async () => {
    const { message } = errorOf(await yard.run({ export: "failures", input: "long" }));
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(limits.errorMessageBytesMax);
    expect(message).toMatch(/…$/);
  });
});

describe("where functions are found", () => {
  it.each([
    ["nested/deep.mjs", "deep"],
    ["common.js", "common"],
  ])("anywhere below the root: %s", async (module, output) => {
    expect(outputOf(await yard.run({ module }))).toBe(output);
  });

  it.each([
    ["tsk.mjs", 'did you mean "task.mjs"?'],
    ["nested/deap.mjs", 'did you mean "nested/deep.mjs"?'],
    ["none/at-all.mjs", 'no module "none/at-all.mjs"'],
    ["nested", "is not a file"],
    ["../runner.mjs", "outside"],
  ])("refuses a module that is not there: %s", async (module, message) => {
    const refused = await yard.executor.start(yard.order({ module }));
    expect(refused).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
    expect(JSON.stringify(refused)).toContain(JSON.stringify(message).slice(1, -1));
  });

  it("refuses a link that leads out of the root", async () => {
    const secret = join(yard.folder, "secret.mjs");
    await writeFile(secret, "export const handler = () => 'secret';");
    await symlink(secret, join(yard.functionsRoot, "linked.mjs"));
    const refused = await yard.executor.start(yard.order({ module: "linked.mjs" }));
    expect(refused).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });

  it("refuses a task that has no function to run here", async () => {
    const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:name:live";
    const refused = await yard.executor.start({
      ...yard.order(),
      run: { lambda: { functionArn } },
    });
    expect(refused).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });

  it.each([
    ["task.mjs", "handle", "missing_function", 'did you mean "handler"?'],
    ["task.mjs", "notFunction", "missing_function", "is a number, not a function"],
    ["broken.mjs", "handler", "error", "broken.mjs failed to load"],
    ["throws.mjs", "handler", "error", "at load"],
    ["needs.mjs", "handler", "error", "no-such-package"],
    ["exits.mjs", "handler", "crash", "while exits.mjs was loading"],
  ])("fails what cannot be used: %s %s", async (module, name, errorClass, message) => {
    const error = errorOf(await yard.run({ module, export: name }));
    expect(error).toMatchObject({ class: errorClass });
    expect(error.message).toContain(message);
  });

  it("gives up a module that does not finish loading", async () => {
    const impatient = await openYard(modules, { loadMsMax: 200 });
    const error = errorOf(await impatient.run({ module: "loads-for-ever.mjs" }));
    expect(error).toMatchObject({ class: "timeout" });
    expect(error.message).toContain("did not finish loading");
    await impatient.close();
  });
});
