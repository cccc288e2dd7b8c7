import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { Name } from "../../../shared/core/texts.ts";
import type { ErrorClass } from "../../../shared/instance/error-classes.ts";
import type { RunSize } from "../../../shared/pricing/pricing.ts";
import { runTargetNames } from "../../../shared/task/task.ts";
import type { BackendTraits, Behaviour, OpenHarness } from "./backend-harness.ts";
import { type Claimed, type ContractPlane, openContractPlane } from "./contract-plane.ts";

/** What every backend promises, whatever it is; one file per backend opens it and calls this. */
export function describeBackend(name: string, traits: BackendTraits, open: OpenHarness): void {
  describe(`the backend contract on ${name}`, () => {
    let plane: ContractPlane | undefined;
    beforeAll(async () => {
      plane = await openContractPlane(open);
    });
    afterAll(() => plane?.close());
    const here: Here = () => {
      if (plane === undefined) throw new Error("not open yet");
      return plane;
    };
    describe("what it says of itself", () => itDescribesItself(here, traits));
    describe("ends of attempts", () => itTellsEnds(here));
    describe("starts", () => itStartsOnce(here, traits));
    describe("reports that come late, twice or in any order", () => itIsFenced(here));
    describe("stopping and looking", () => itStopsAndSees(here, traits));
  });
}

type Here = () => ContractPlane;

function itDescribesItself(here: Here, { startIsIdempotent }: BackendTraits): void {
  it("has capabilities that make sense", () => {
    const { capabilities } = here();
    expect(Name.safeParse(capabilities.name).success).toBe(true);
    expect(capabilities.startIsIdempotent).toBe(startIsIdempotent);
    expect(capabilities.targets.length).toBeGreaterThan(0);
    for (const target of capabilities.targets) expect(runTargetNames).toContain(target);
    expect(capabilities.timeoutSecondsMax).toBeGreaterThan(0);
    expect(capabilities.timeoutSecondsMax).toBeLessThanOrEqual(limits.attemptTimeoutSecondsMax);
    expect(capabilities.memoryMbDefault).toBeGreaterThan(0);
    expect(capabilities.memoryMbDefault).toBeLessThanOrEqual(capabilities.memoryMbMax);
    expect(capabilities.cpuCoresMax).toBeGreaterThan(0);
    expect(capabilities.storageMbMax).toBeGreaterThanOrEqual(0);
    // What is larger goes elsewhere, or travels by reference.
    expect(capabilities.inputBytesMax).toBeGreaterThanOrEqual(limits.inputBytesMax / 2);
    expect(capabilities.startMsTypical).toBeGreaterThanOrEqual(0);
    expect(capabilities.handOverMs ?? 1).toBeGreaterThan(0);
    // Who expects signs of life must expect them more often than somebody asks about the start.
    expect((capabilities.leaseSeconds ?? 0) * 1_000).toBeLessThanOrEqual(
      capabilities.handOverMs ?? limits.handOverMs,
    );
  });

  it("has prices that are never negative and never fall with time or size", async () => {
    const { capabilities, harness } = here();
    const { backend } = harness;
    const { memoryMbMax, cpuCoresMax } = capabilities;
    const size: fc.Arbitrary<RunSize> = fc.record({
      memoryMb: fc.integer({ min: 1, max: Math.floor(memoryMbMax) }),
      cpuCores: fc.double({ min: 0.01, max: cpuCoresMax, noNaN: true }),
    });
    const durationMs = fc.integer({ min: 0, max: 86_400_000 });
    await fc.assert(
      fc.asyncProperty(size, size, durationMs, durationMs, async (one, other, shortMs, moreMs) => {
        const least = {
          memoryMb: Math.min(one.memoryMb, other.memoryMb),
          cpuCores: Math.min(one.cpuCores, other.cpuCores),
        };
        const price = backend.price(least, shortMs);
        expect(price.estimate).toBe(true);
        expect(price.usd).toBeGreaterThanOrEqual(0);
        const longer = backend.price(least, shortMs + moreMs).usd;
        const larger = backend.price(
          {
            memoryMb: Math.max(one.memoryMb, other.memoryMb),
            cpuCores: Math.max(one.cpuCores, other.cpuCores),
          },
          shortMs,
        ).usd;
        expect(longer).toBeGreaterThanOrEqual(price.usd);
        expect(larger).toBeGreaterThanOrEqual(price.usd * (1 - 1e-12));
      }),
      { numRuns: 200 },
    );
  });
}

/** Claims, starts and finishes an attempt of a task that behaves so; it is not tried again. */
async function played(plane: ContractPlane, behaviour: Behaviour): Promise<Claimed> {
  const spec = plane.harness.taskFor(behaviour);
  const claimed = await plane.claimed({ ...spec, retry: { maxAttempts: 1 } });
  await plane.dispatch(claimed.id);
  await plane.harness.finish(claimed.order, behaviour);
  return claimed;
}

function itTellsEnds(here: Here): void {
  it("a result becomes the instance's output", async () => {
    const { id } = await played(here(), "result");
    expect(await here().instance(id)).toMatchObject({
      state: "succeeded",
      output: { ok: true },
      attempts: [{ outcome: "succeeded", number: 1 }],
    });
  });

  it("no output is none", async () => {
    const { id } = await played(here(), "nothing");
    const instance = await here().instance(id);
    expect(instance.state).toBe("succeeded");
    expect(instance).not.toHaveProperty("output");
  });

  it.each<[Behaviour, ErrorClass, string]>([
    ["error", "error", "failed"],
    ["crash", "crash", "failed"],
    ["timeout", "timeout", "timed_out"],
    ["memory", "out_of_memory", "failed"],
    ["huge", "invalid_output", "failed"],
  ])(
    "%s is told from other failures, and is the task's own",
    async (behaviour, errorClass, state) => {
      const { id } = await played(here(), behaviour);
      const instance = await here().instance(id);
      expect(instance).toMatchObject({ state, error: { class: errorClass } });
      expect(instance).toMatchObject({ taskFailures: 1, infraFailures: 0 });
      expect(instance.error?.message).not.toBe("");
    },
  );
}

function itStartsOnce(here: Here, { faults, startIsIdempotent }: BackendTraits): void {
  it("run an attempt once, however often and from however many it is dispatched", async () => {
    const plane = here();
    const { id, order } = await plane.claimed(plane.harness.taskFor("result"));
    await Promise.all([plane.dispatch(id), plane.dispatch(id), plane.dispatch(id)]);
    await plane.dispatch(id);
    await plane.harness.finish(order, "result");
    await plane.dispatch(id);
    expect(await plane.harness.runsOf(order)).toBe(1);
    expect((await plane.instance(id)).state).toBe("succeeded");
  });

  it.skipIf(!startIsIdempotent)("run an attempt once when the backend is asked twice", async () => {
    const plane = here();
    const { backend } = plane.harness;
    const { order } = await plane.claimed(plane.harness.taskFor("result"));
    const outcomes = await Promise.all([backend.start(order), backend.start(order)]);
    await plane.harness.finish(order, "result");
    outcomes.push(await backend.start(order));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted", "accepted"]);
    expect(await plane.harness.runsOf(order)).toBe(1);
  });

  it.skipIf(!faults.includes("loseAnswer"))("count although their answer was lost", async () => {
    const plane = here();
    const { id, order } = await plane.claimed(plane.harness.taskFor("result"));
    plane.harness.faults.loseAnswer?.();
    await plane.dispatch(id);
    await plane.harness.finish(order, "result");
    expect(await plane.harness.runsOf(order)).toBe(1);
    expect(await plane.instance(id)).toMatchObject({ state: "succeeded", attemptCount: 1 });
  });

  it.skipIf(!faults.includes("loseStart"))(
    "that are lost run nothing, and leave a wake",
    async () => {
      const plane = here();
      const { id, order } = await plane.claimed(plane.harness.taskFor("result"));
      plane.harness.faults.loseStart?.();
      await plane.dispatch(id);
      expect(await plane.harness.runsOf(order)).toBe(0);
      const instance = await plane.instance(id);
      expect(instance.state).not.toBe("succeeded");
      expect(instance.wakeAtMs).toBeGreaterThan(0);
      expect(instance.taskFailures).toBe(0);
    },
  );

  it.skipIf(!faults.includes("fill"))("that find no room cost the task nothing", async () => {
    const plane = here();
    const { id, order } = await plane.claimed(plane.harness.taskFor("result"));
    const makeRoom = plane.harness.faults.fill?.();
    await plane.dispatch(id);
    makeRoom?.();
    const instance = await plane.instance(id);
    expect(await plane.harness.runsOf(order)).toBe(0);
    expect(instance).toMatchObject({ state: "pending", taskFailures: 0, infraFailures: 1 });
    expect(["no_capacity", "throttled"]).toContain(instance.attempts[0]?.error?.class);
  });
}

function itIsFenced(here: Here): void {
  it.each<Behaviour>(["result", "error"])("change nothing after the end: %s", async (behaviour) => {
    const plane = here();
    const { id, attempt } = await played(plane, behaviour);
    const { version } = await plane.instance(id);
    const said = plane.reported.filter(({ attemptId }) => attemptId === attempt.id);
    expect(said.length).toBeGreaterThan(0);
    for (const report of [...said, ...said].reverse()) await plane.record([report]);
    expect((await plane.instance(id)).version).toBe(version);
  });

  it("change nothing for an attempt that was replaced", async () => {
    const plane = here();
    const spec = plane.harness.taskFor("result");
    const { id, order, attempt } = await plane.claimed({ ...spec, retry: { delayMs: 86_400_000 } });
    await plane.dispatch(id);
    const { tenant, token } = order;
    const from = { tenant, instanceId: id, attemptId: attempt.id, token };
    const error = { class: "error", message: "given up by the test" } as const;
    await plane.record([{ ...from, kind: "failed", error }]);
    const { version, state } = await plane.instance(id);
    expect(state).toBe("pending");
    await plane.harness.finish(order, "result");
    expect((await plane.instance(id)).version).toBe(version);
  });
}

function itStopsAndSees(here: Here, { stops, sees }: BackendTraits): void {
  it.skipIf(!stops)("ends a run that has begun", async () => {
    const plane = here();
    const { id, order } = await plane.claimed(plane.harness.taskFor("endless"));
    await plane.dispatch(id);
    await plane.harness.begun(order);
    await plane.harness.backend.stop(order);
    await plane.harness.stopped(order);
    expect((await plane.instance(id)).state).not.toBe("succeeded");
    expect(await plane.harness.runsOf(order)).toBe(1);
  });

  it("is harmless for an attempt that is over, or never was", async () => {
    const plane = here();
    const { id, order } = await played(plane, "result");
    const { version } = await plane.instance(id);
    const never = await plane.claimed(plane.harness.taskFor("result"));
    await plane.harness.backend.stop(order);
    await plane.harness.backend.stop(never.order);
    expect((await plane.instance(id)).version).toBe(version);
  });

  it("never says that an attempt is there which never was", async () => {
    const plane = here();
    const { order } = await plane.claimed(plane.harness.taskFor("result"));
    const never = { ...order, attemptId: `att_${"0".repeat(26)}` };
    expect(["unknown", "gone"]).toContain(await plane.harness.backend.inspect(never));
  });

  it("never says that an attempt is gone which is at work", async () => {
    const plane = here();
    const { id, order } = await plane.claimed(plane.harness.taskFor("endless"));
    await plane.dispatch(id);
    const started = await plane.harness.backend.inspect(order);
    expect(sees ? ["queued", "running"] : ["unknown"]).toContain(started);
    await plane.harness.begun(order);
    const begun = await plane.harness.backend.inspect(order);
    expect(begun).toBe(sees ? "running" : "unknown");
    await plane.harness.backend.stop(order);
  });

  it("never says that an attempt waits which is over", async () => {
    const plane = here();
    const { order } = await played(plane, "result");
    expect(await plane.harness.backend.inspect(order)).not.toBe("queued");
  });
}
