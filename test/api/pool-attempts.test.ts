import { describe, expect, it } from "vitest";
import { applyCommand } from "../../functions/runtime/instances.ts";
import type { WorkOrder } from "../../shared/contract/http/work.ts";
import { limits } from "../../shared/core/limits.ts";
import { outputIdOf } from "../../shared/core/payload-ref.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import {
  beat,
  claimFor,
  complete,
  definePool,
  lease,
  liveOf,
  putInLine,
  register,
  workman,
} from "./pool-yard.ts";
import { admin, define, expectProblem, openYard, submit, type Yard } from "./yard.ts";

/** A yard whose worker w1 runs one attempt. */
async function atWork(submission: object = {}): Promise<{ yard: Yard; order: WorkOrder }> {
  const yard = openYard();
  await define(yard, "hello");
  await definePool(yard, "edge");
  await register(yard, "edge", "w1");
  await putInLine(yard, "edge", { ...submission });
  const [order] = await lease(yard, "edge", "w1");
  if (order === undefined) throw new Error("no order");
  return { yard, order };
}

describe("a sign of life", () => {
  it("lets a good attempt go on, keeps its lease and tells how far it is", async () => {
    const { yard, order } = await atWork();
    yard.now += 10_000;
    const reply = await beat(yard, order, { progress: { done: 3, of: 9 } });
    expect([reply.status, reply.body]).toEqual([200, { verdict: "continue" }]);
    const live = await liveOf(yard, order.instanceId);
    expect([live.heartbeatAtMs, live.progress]).toEqual([yard.now, { done: 3, of: 9 }]);
  });

  it("keeps a worker healthy that is too busy to ask for more", async () => {
    const { yard, order } = await atWork();
    for (let beats = 0; beats < 10; beats++) {
      yard.now += 10_000;
      await beat(yard, order);
    }
    const { body } = await yard.call("GET", "/v1/pools/edge/workers");
    expect(body.items).toMatchObject([{ id: "w1", health: "healthy" }]);
    expect((await yard.call("GET", "/v1/pools/edge")).body.unavailable).toBeUndefined();
  });

  it("refuses a report of progress that is too long", async () => {
    const { yard, order } = await atWork();
    const progress = "é".repeat(limits.progressBytesMax / 2);
    expectProblem(await beat(yard, order, { progress }), 413, "payload_too_large");
    expect((await beat(yard, order, { progress: "short" })).status).toBe(200);
  });

  it("brings the news of a cancellation to the worker, and nothing counts after it", async () => {
    const { yard, order } = await atWork();
    await yard.call("POST", `/v1/instances/${order.instanceId}/cancel`);
    const { body } = await beat(yard, order);
    expect(body).toEqual({ verdict: "stop", reason: "cancelled" });
    const before = await yard.instance(order.instanceId);
    expect((await complete(yard, order, { output: 1 })).body).toEqual({
      result: "stale",
      state: "cancelled",
    });
    expect(await yard.instance(order.instanceId)).toEqual(before);
  });

  it("says that time is up when it is", async () => {
    const { yard, order } = await atWork({ timeoutSeconds: 60 });
    yard.now += 59_999;
    expect((await beat(yard, order)).body).toEqual({ verdict: "continue" });
    yard.now += 1;
    expect((await beat(yard, order)).body).toEqual({ verdict: "stop", reason: "time is up" });
    const error = { class: "timeout", message: "stopped" };
    const { body } = await complete(yard, order, { outcome: "failed", error });
    expect(body).toEqual({ result: "recorded", state: "pending" });
  });

  it("tells a worker that its attempt was replaced, or is no more", async () => {
    const { yard, order } = await atWork();
    const wrong = { ...order, token: "not-the-token" };
    expect((await beat(yard, wrong)).body).toEqual({ verdict: "stop", reason: "replaced" });
    const nowhere = { ...order, instanceId: `ins_${"0".repeat(26)}` };
    expect((await beat(yard, nowhere)).body.verdict).toBe("stop");
    await complete(yard, order);
    expect((await beat(yard, order)).body).toEqual({
      verdict: "stop",
      reason: "its end is recorded already",
    });
  });
});

describe("the end of an attempt", () => {
  it("is recorded once and harmless when it is told again", async () => {
    const { yard, order } = await atWork();
    const end = { output: { pages: 12 }, usage: { durationMs: 5, memoryMbPeak: 90 }, log: "hi\n" };
    expect((await complete(yard, order, end)).body).toEqual({
      result: "recorded",
      state: "succeeded",
    });
    const { body } = await yard.call("GET", `/v1/instances/${order.instanceId}`);
    expect(body).toMatchObject({ state: "succeeded", output: { pages: 12 } });
    expect(body.attempts[0]).toMatchObject({ externalId: "w1", usage: { memoryMbPeak: 90 } });
    expect((await complete(yard, order, end)).body).toEqual({
      result: "repeated",
      state: "succeeded",
    });
    expect((await yard.call("GET", `/v1/instances/${order.instanceId}`)).body).toEqual(body);
  });

  it("with a failure leads to the next try, and the report may come twice", async () => {
    const { yard, order } = await atWork();
    const failed = { outcome: "failed", error: { class: "error", message: "no" } };
    expect((await complete(yard, order, failed)).body.result).toBe("recorded");
    expect((await complete(yard, order, failed)).body).toEqual({
      result: "repeated",
      state: "pending",
    });
    expect((await yard.instance(order.instanceId)).taskFailures).toBe(1);
    expect(yard.hints).toHaveLength(1);
  });

  it("that contradicts what is recorded changes nothing", async () => {
    const { yard, order } = await atWork();
    await complete(yard, order, { output: 1 });
    const failed = { outcome: "failed", error: { class: "crash", message: "no" } };
    expect((await complete(yard, order, failed)).body.result).toBe("stale");
    expect((await yard.instance(order.instanceId)).state).toBe("succeeded");
  });

  it("fails for good when its output is too large to be kept", async () => {
    const { yard, order } = await atWork();
    const output = "x".repeat(limits.outputBytesMax - 1);
    expect((await complete(yard, order, { output })).body).toEqual({
      result: "recorded",
      state: "failed",
    });
    expect((await yard.instance(order.instanceId)).error?.class).toBe("invalid_output");
  });

  it("takes an output of exactly the limit", async () => {
    const { yard, order } = await atWork();
    const output = "x".repeat(limits.outputBytesMax - 2);
    expect((await complete(yard, order, { output })).body.state).toBe("succeeded");
  });

  it("by an unknown token or for an unknown instance changes nothing", async () => {
    const { yard, order } = await atWork();
    const wrong = { ...order, token: "not-the-token" };
    expect((await complete(yard, wrong)).body).toEqual({ result: "stale", state: "running" });
    const nowhere = { ...order, instanceId: `ins_${"0".repeat(26)}` };
    expectProblem(await complete(yard, nowhere), 404, "instance_not_found");
  });

  it("of another tenant's attempt cannot be told", async () => {
    const { yard, order } = await atWork();
    const { instanceId, attemptId, token } = order;
    const reply = await yard.call("POST", `/v1/attempts/${attemptId}/complete`, {
      body: { instanceId, token, outcome: "succeeded" },
      as: { ...workman, tenant: "evil" },
    });
    expectProblem(reply, 404, "instance_not_found");
    expect((await yard.instance(instanceId)).state).toBe("running");
  });
});

describe("an output that travels by reference", () => {
  const sha256 = "a".repeat(64);
  const outputRef = { bytes: 5_000_000, sha256 };

  async function withPayload(bytes: number | undefined) {
    const { yard, order } = await atWork();
    const find: Payloads["find"] = async (tenant, id) =>
      tenant === "acme" && id === outputIdOf(order.attemptId) && bytes !== undefined
        ? { bytes }
        : undefined;
    Object.assign(yard.engine, { payloads: { find } });
    return { yard, order };
  }

  it("is kept by its reference when it is there", async () => {
    const { yard, order } = await withPayload(5_000_000);
    expect((await complete(yard, order, { outputRef })).body.result).toBe("recorded");
    const { outputRef: kept, output } = await yard.instance(order.instanceId);
    expect([kept, output]).toEqual([{ id: outputIdOf(order.attemptId), ...outputRef }, undefined]);
  });

  it.each([undefined, 4_999_999])("is refused while %s bytes of it are there", async (bytes) => {
    const { yard, order } = await withPayload(bytes);
    expectProblem(await complete(yard, order, { outputRef }), 404, "payload_not_found");
    expect((await yard.instance(order.instanceId)).state).toBe("running");
  });

  it("cannot come beside one that does not", async () => {
    const { yard, order } = await withPayload(5_000_000);
    const reply = await complete(yard, order, { outputRef, output: 1 });
    expectProblem(reply, 400, "invalid_field");
  });
});

describe("beginning an attempt in a container", () => {
  async function started(): Promise<{ yard: Yard; id: string; attemptId: string }> {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello", delaySeconds: 0.001, input: 7 });
    yard.now += 1;
    await applyCommand(yard.engine, admin.tenant, id, () => ({
      name: "claim",
      attemptId: yard.engine.ids.newId("att", yard.now),
      token: yard.engine.ids.newToken(),
      backend: "fargate",
      terms: { leaseSeconds: 30 },
    }));
    return { yard, id, attemptId: (await liveOf(yard, id)).id };
  }

  const begin = (yard: Yard, attemptId: string, instanceId: string, runner: string) =>
    yard.call("POST", `/v1/attempts/${attemptId}/begin`, {
      body: { instanceId, runner },
      as: workman,
    });

  it("gives the first runner its order, the same one however often it asks", async () => {
    const { yard, id, attemptId } = await started();
    const first = await begin(yard, attemptId, id, "task-1");
    expect(first.body).toMatchObject({ attemptId, leaseSeconds: 30, envelope: { inputs: 7 } });
    expect(await liveOf(yard, id)).toMatchObject({ externalId: "task-1", startedAtMs: yard.now });
    yard.now += 5_000;
    expect((await begin(yard, attemptId, id, "task-1")).body).toEqual(first.body);
  });

  it("refuses every other runner", async () => {
    const { yard, id, attemptId } = await started();
    const replies = await Promise.all(
      ["task-1", "task-2", "task-3"].map((runner) => begin(yard, attemptId, id, runner)),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    const refused = replies.find(({ status }) => status === 409);
    if (refused !== undefined) expectProblem(refused, 409, "attempt_not_current");
  });

  it("knows the runner by the name that its backend has told already", async () => {
    const { yard, id, attemptId } = await started();
    const { token } = await liveOf(yard, id);
    await applyCommand(yard.engine, "acme", id, () => ({
      name: "confirm",
      attemptId,
      token,
      startedAtMs: yard.now,
      externalId: "task-1",
    }));
    expectProblem(await begin(yard, attemptId, id, "task-2"), 409, "attempt_not_current");
    expect((await begin(yard, attemptId, id, "task-1")).status).toBe(200);
  });

  it("is refused for what is over, and for what waits for a worker", async () => {
    const { yard, id, attemptId } = await started();
    await yard.call("POST", `/v1/instances/${id}/cancel`);
    expectProblem(await begin(yard, attemptId, id, "task-1"), 409, "attempt_not_current");
    const waiting = await submit(yard, { task: "hello", delaySeconds: 0.001 });
    yard.now += 1;
    await claimFor(yard, "edge", waiting);
    const pulled = await liveOf(yard, waiting);
    const problem = expectProblem(
      await begin(yard, pulled.id, waiting, "task-1"),
      409,
      "attempt_not_current",
    );
    expect(problem.detail).toContain("worker of the pool edge");
  });
});
