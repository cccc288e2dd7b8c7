import { beforeEach, describe, expect, it } from "vitest";
import { poolBackends } from "../../../functions/runtime/pool-source.ts";
import { limits } from "../../../shared/core/limits.ts";
import { definePool, lease, putInLine, register } from "../../api/pool-yard.ts";
import { define, openYard, type Yard } from "../../api/yard.ts";

let yard: Yard;
beforeEach(async () => {
  yard = openYard();
  await define(yard, "hello");
});

const backends = () => poolBackends(yard.store, "acme", yard.now);
const unavailable = async () => (await backends())[0]?.unavailable;

describe("pools as routing sees them", () => {
  it("are none for a tenant that has defined none", async () => {
    await definePool(yard, "edge");
    expect(await poolBackends(yard.store, "evil", yard.now)).toEqual([]);
  });

  it("carry their labels, limits, terms and prices", async () => {
    await definePool(yard, "edge-tokyo", {
      type: "edge",
      labels: { site: "tokyo" },
      latencyMs: 8,
      bandwidthMbps: 400,
      memoryMbMax: 256,
      timeoutSecondsMax: 7_200,
      leaseSeconds: 12,
      targets: ["command"],
      usdPerWorkerHour: 0.4,
    });
    await register(yard, "edge-tokyo", "w1", { slots: 4 });
    await register(yard, "edge-tokyo", "w2", { slots: 8 });
    expect(await backends()).toEqual([
      expect.objectContaining({
        name: "edge-tokyo",
        kind: "pool",
        type: "edge",
        pull: true,
        targets: ["command"],
        labels: { site: "tokyo", pool: "edge-tokyo" },
        latencyMs: 8,
        bandwidthMbps: 400,
        memoryMbMax: 256,
        memoryMbDefault: 256,
        timeoutSecondsMax: 7_200,
        leaseSeconds: 12,
        handOverMs: limits.pullHandOverMs,
        pricing: { model: "pool", usdPerHour: 0.4, slots: 6 },
        queued: 0,
      }),
    ]);
  });

  it("take nothing before a worker has registered", async () => {
    await definePool(yard, "edge");
    expect(await unavailable()).toBe("no worker has registered yet");
    yard.now += limits.workerSilenceMsMax + 1;
    expect(await unavailable()).toBe("no worker has ever registered");
  });

  it("take nothing once their last worker has fallen silent, and say for how long", async () => {
    await definePool(yard, "edge");
    await register(yard, "edge", "w1");
    expect(await unavailable()).toBeUndefined();
    yard.now += 20_000;
    await lease(yard, "edge", "w1");
    yard.now += limits.workerSilenceMsMax;
    expect(await unavailable()).toBeUndefined();
    yard.now += 1_000;
    expect(await unavailable()).toBe("no worker has been heard of for 46 s");
    await lease(yard, "edge", "w1");
    expect(await unavailable()).toBeUndefined();
  });

  it.each([
    ["drained", "POST", "/v1/pools/edge/workers/w1/drain"],
    ["removed", "DELETE", "/v1/pools/edge/workers/w1"],
  ])("take nothing once their only worker is %s", async (_, method, path) => {
    await definePool(yard, "edge");
    await register(yard, "edge", "w1");
    await yard.call(method, path);
    expect(await unavailable()).toBe("no worker takes work");
  });

  it("say how many attempts wait for them", async () => {
    await definePool(yard, "edge");
    await register(yard, "edge", "w1", { slots: 2 });
    for (let count = 0; count < 5; count++) await putInLine(yard, "edge");
    expect((await backends())[0]?.queued).toBe(5);
    await lease(yard, "edge", "w1", { slots: 2 });
    expect((await backends())[0]?.queued).toBe(3);
  });
});
