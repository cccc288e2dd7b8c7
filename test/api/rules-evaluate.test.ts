import { describe, expect, it } from "vitest";
import { put } from "./rules-yard.ts";
import { contents, define, expectProblem, openYard, submit, type Yard } from "./yard.ts";

const small = {
  execution_time_estimate: "299s",
  cpu_requirement: "1_core",
  memory_requirement: 1,
  stateful: false,
  dependencies_count: 4,
  trigger_type: "http",
};

const evaluate = (yard: Yard, body: object) => yard.call("POST", "/v1/rules/evaluate", { body });

describe("evaluating features", () => {
  it("answers type, rule, priority, reason and the backend it would go to", async () => {
    const yard = openYard();
    const { status, body } = await evaluate(yard, { features: small });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      type: "serverless",
      rule: "serverless_suitable",
      priority: "high",
      backend: "local",
      open: false,
      reason: "The task's features meet the requirements of serverless execution.",
      rules: "shipped",
      version: 0,
      features: { ...small, execution_time_estimate: 299, cpu_requirement: 1 },
    });
    expect(
      body.verdicts.map(({ rule, verdict }: Record<string, string>) => [rule, verdict]),
    ).toEqual([
      ["edge_execution", "unknown"],
      ["serverless_suitable", "matches"],
      ["traditional_required", "does not match"],
    ]);
    expect(body.verdicts[0].missing).toEqual([
      "latency_requirement",
      "data_locality_required",
      "network_bandwidth_requirement",
    ]);
  });

  it("answers the default where nothing matches, and no backend where none could run it", async () => {
    const yard = openYard();
    const open = await evaluate(yard, { features: {} });
    expect(open.body).toMatchObject({
      type: "traditional",
      rule: "default_traditional_rule",
      priority: "medium",
      open: true,
    });
    const huge = await evaluate(yard, { features: { memory_requirement: "500GB" } });
    expect(huge.body).toMatchObject({ rule: "traditional_required", type: "traditional" });
    expect(huge.body.backend).toBe(undefined);
    expect(huge.body.backendReason).toContain("local: needs 512000 MB of memory");
  });
});

describe("evaluating by other rules", () => {
  it("goes by rules that were set a moment ago, and by rules of the request without keeping them", async () => {
    const yard = openYard();
    await evaluate(yard, { features: small });
    await put(yard);
    const features = { stateful: true, memory_requirement: "5GB" };
    expect((await evaluate(yard, { features })).body).toMatchObject({
      rule: "big_state",
      version: 1,
      rules: "mine",
    });
    const before = contents(yard);
    const tried = { rules: [{ name: "all", when: "NOT stateful = false", type: "edge" }] };
    const { body } = await evaluate(yard, { features, rules: tried });
    expect(body).toMatchObject({ rule: "all", type: "edge", rules: "rules" });
    expect(body.version).toBe(undefined);
    const wrong = { rules: [{ name: "all", when: "statful = false", type: "edge" }] };
    expect(
      expectProblem(await evaluate(yard, { features, rules: wrong }), 400, "invalid_rule").pointer,
    ).toBe("/rules/rules/0/when");
    expect(contents(yard)).toBe(before);
  });

  it("refuses features that do not exist or have the wrong unit, with what was meant", async () => {
    const yard = openYard();
    const unknown = expectProblem(
      await evaluate(yard, { features: { cpu_requirment: 2 } }),
      400,
      "unknown_field",
    );
    expect(unknown).toMatchObject({
      pointer: "/features/cpu_requirment",
      suggestion: "did you mean cpu_requirement?",
    });
    const unit = expectProblem(
      await evaluate(yard, { features: { memory_requirement: "2gb" } }),
      400,
      "invalid_field",
    );
    expect(unit.detail).toContain("has no unit gb");
    expectProblem(await evaluate(yard, { features: { stateful: [true] } }), 400, "invalid_field");
    expectProblem(await evaluate(yard, {}), 400, "invalid_field");
    expectProblem(
      await evaluate(yard, { features: {}, submission: { task: "a" } }),
      400,
      "invalid_field",
    );
  });
});

describe("evaluating a submission", () => {
  it("answers the receipt that it would get, and does nothing", async () => {
    const yard = openYard();
    await define(yard, "small", {
      run: { function: { module: "small.mjs" } },
      needs: {
        executionSecondsEstimate: 20,
        cpuCores: 1,
        memoryMb: 512,
        stateful: false,
        dependenciesCount: 1,
      },
      tags: { team: "a" },
    });
    const before = contents(yard);
    const { status, body } = await evaluate(yard, {
      submission: { task: "small", input: { n: 1 } },
    });
    expect([status, contents(yard)]).toEqual([200, before]);
    expect(body).toMatchObject({
      type: "serverless",
      rule: "serverless_suitable",
      backend: "local",
      features: { memory_requirement: 0.5, task: "small", "tag.team": "a", input_bytes: 7 },
      receipt: { chosen: "local", rules: { version: 0 } },
    });
    const id = await submit(yard, { task: "small", input: { n: 1 } });
    const { items } = (await yard.call("GET", `/v1/instances/${id}/routing`)).body;
    expect(items[0].receipt.chosen).toBe(body.backend);
    expect(items[0].receipt.reason).toBe(body.backendReason);
  });

  it("is refused like the submission would be, with the place in this body", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const missing = expectProblem(
      await evaluate(yard, { submission: { task: "helo" } }),
      404,
      "task_not_found",
    );
    expect(missing).toMatchObject({
      pointer: "/submission/task",
      suggestion: 'did you mean "hello"?',
    });
    const field = expectProblem(
      await evaluate(yard, { submission: { task: "hello", priority: 99 } }),
      400,
      "invalid_field",
    );
    expect(field.pointer).toBe("/submission/priority");
  });
});
