import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf, isFinal, type LocalYard, openYard, outputOf } from "./local-yard.ts";

const code = `
  import { existsSync } from "node:fs";
  const acts = {
    obeys: (gate, { signal }) => new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
    ignores: () => new Promise((resolve) => setTimeout(resolve, 60_000)),
    beats: async (gate, { heartbeat, getRemainingTimeInMillis }) => {
      for (let i = 0; i < 50; i++) { heartbeat(); await new Promise(setImmediate); }
      return getRemainingTimeInMillis() > 0;
    },
    pid: async () => process.pid,
    // At least 20 ms, however early the gate opens: longer than the runner begins orders in one turn.
    blocks: (gate) => {
      const sinceMs = Date.now();
      while (!existsSync(gate) || Date.now() - sinceMs < 20);
      return process.pid;
    },
    waits: async (gate, { signal }) => {
      while (!existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 5));
      return signal.aborted;
    },
  };
  // One function, so that the attempts of a task share its process.
  export const handler = ({ inputs }, context) => acts[inputs.act](inputs.gate, context);
`;

let yard: LocalYard;
beforeAll(async () => {
  yard = await openYard({ "task.mjs": code }, { startReportAfterMs: 5, runnersPerTaskMax: 1 });
});
afterAll(() => yard.close());

describe("time limits and cancellation", () => {
  it("aborts the signal at the deadline and reports the time-out at once", async () => {
    const report = await yard.run({ input: { act: "obeys" }, timeoutMs: 60 });
    expect(errorOf(report)).toMatchObject({ class: "timeout" });
    expect(report.usage?.durationMs).toBeGreaterThanOrEqual(60);
  });

  it("takes the order's deadline when it comes before the attempt's own time is up", async () => {
    const report = await yard.run({ input: { act: "obeys" }, deadlineAtMs: Date.now() + 150 });
    expect(errorOf(report)).toMatchObject({ class: "timeout" });
  });

  it("leaves code that ignores the abort to itself: others go on in the same process", async () => {
    const before = outputOf(await yard.run({ input: { act: "pid" } }));
    const ignored = await yard.run({ input: { act: "ignores" }, timeoutMs: 40 });
    expect(errorOf(ignored)).toMatchObject({ class: "timeout" });
    expect(before).toBeTypeOf("number");
    expect(outputOf(await yard.run({ input: { act: "pid" } }))).toBe(before);
  });

  it("sends nothing more to a process that may be blocked", async () => {
    const gate = "/never/there";
    const blocked = await yard.run({ input: { act: "blocks", gate }, timeoutMs: 50 });
    expect(errorOf(blocked)).toMatchObject({ class: "timeout" });
    expect(outputOf(await yard.run({ input: { act: "pid" } }))).toBeTypeOf("number");
  });

  it("stops a running attempt and never speaks of it again", async () => {
    const order = yard.order({ input: { act: "obeys" } });
    await yard.executor.start(order);
    await yard.seen((one) => one.kind === "started" && one.attemptId === order.attemptId);
    await yard.executor.stop(order);
    expect(await yard.executor.inspect(order)).toBe("gone");
    // Whatever the stopped attempt had to say would have come before this one's answer.
    await yard.run({ input: { act: "obeys" }, timeoutMs: 40 });
    expect(yard.reports.filter((one) => one.attemptId === order.attemptId)).toHaveLength(1);
    expect(yard.executor.inFlight()).toBe(0);
  });

  it("stops a waiting attempt before it begins", async () => {
    const first = yard.order({ input: { act: "pid" }, task: "stopped-early" });
    const second = yard.order({ input: { act: "pid" }, task: "stopped-early" });
    await yard.executor.start(first);
    await yard.executor.start(second);
    expect(await yard.executor.inspect(second)).toBe("queued");
    await yard.executor.stop(second);
    await yard.finalOf(first.attemptId);
    await yard.run({ input: { act: "pid" }, task: "stopped-early" });
    expect(yard.reports.some((one) => one.attemptId === second.attemptId)).toBe(false);
  });

  it("stopping what is over, or was never there, does nothing", async () => {
    const report = await yard.run({ input: { act: "pid" } });
    await yard.executor.stop(report);
    await yard.executor.stop({ tenant: "default", instanceId: "ins_x", attemptId: "att_x" });
    expect(await yard.executor.inspect(report)).toBe("gone");
    const stranger = { tenant: "default", instanceId: "ins_x", attemptId: "att_x" };
    expect(await yard.executor.inspect(stranger)).toBe("unknown");
  });
});

describe("a process that is busy", () => {
  it("drops what was sent but has not begun, and its process is as good as before", async () => {
    const bounds = { inFlightPerRunnerMax: 4, runnersPerTaskMax: 1, startReportAfterMs: 5 };
    const small = await openYard({ "task.mjs": code }, bounds);
    const pid = async () => outputOf(await small.run({ input: { act: "pid" } }));
    const before = await pid();
    for (let round = 0; round < 4; round++) {
      await Promise.all([pid(), pid(), pid(), pid()]);
      const blocker = (name: string) => {
        const input = { act: "blocks", gate: `${small.folder}/${name}` };
        return small.order({ attemptId: `att_${name}`, input });
      };
      const [first, second] = [blocker(`first_${round}`), blocker(`second_${round}`)];
      const behind = small.order({ input: { act: "pid" } });
      await Promise.all([first, second, behind].map((order) => small.executor.start(order)));
      // The start of the first is only reported once all are on their way.
      await small.seen((one) => one.kind === "started" && one.attemptId === first.attemptId);
      expect(await small.executor.inspect(behind)).toBe("running");
      await small.executor.stop(behind);
      // The process hears of it after the second at the latest, before it begins what it shall not.
      await small.writeModule(`../first_${round}`, "");
      await small.seen((one) => one.kind === "started" && one.attemptId === second.attemptId);
      await small.writeModule(`../second_${round}`, "");
      await small.finalOf(second.attemptId);
    }
    expect(await pid()).toBe(before);
    await small.close();
  });
});

describe("what is reported, and when", () => {
  it("reports at most one heartbeat for a burst of them", async () => {
    const report = await yard.run({ input: { act: "beats" } });
    expect(outputOf(report)).toBe(true);
    const beats = yard.reports.filter(
      (one) => one.kind === "heartbeat" && one.attemptId === report.attemptId,
    );
    expect(beats).toHaveLength(1);
  });

  it("does not count the time an attempt waits behind another in a busy process", async () => {
    const task = "behind";
    // Attempts that begin quickly make the executor send the next ones ahead.
    await Promise.all(Array.from({ length: 50 }, () => yard.run({ input: { act: "pid" }, task })));
    const gate = `${yard.folder}/behind`;
    const blocking = yard.run({ task, input: { act: "blocks", gate } });
    const behind = yard.run({ input: { act: "pid" }, task, timeoutMs: 100 });
    expect(
      errorOf(await yard.run({ input: { act: "ignores" }, task: "clock", timeoutMs: 300 })),
    ).toBeDefined();
    await yard.writeModule("../behind", "");
    expect(outputOf(await behind)).toBe(outputOf(await blocking));
  });

  it("does not begin what should have begun earlier", async () => {
    const late = yard.order({ input: { act: "pid" }, startByMs: Date.now() - 1 });
    expect(await yard.executor.start(late)).toEqual({ outcome: "accepted" });
    const error = errorOf(await yard.finalOf(late.attemptId));
    expect(error).toMatchObject({ class: "no_capacity" });
  });

  it("reports the start once, before the end, with the fence's facts in every report", async () => {
    const order = yard.order({ input: { act: "waits", gate: `${yard.folder}/late` } });
    await yard.executor.start(order);
    await yard.seen(({ kind, attemptId }) => kind === "started" && attemptId === order.attemptId);
    await yard.writeModule("../late", "");
    const final = await yard.finalOf(order.attemptId);
    expect(outputOf(final)).toBe(false);
    const own = yard.reports.filter((one) => one.attemptId === order.attemptId);
    expect(own.map(({ kind }) => kind)).toEqual(["started", "succeeded"]);
    for (const { tenant, instanceId, token } of own) {
      expect({ tenant, instanceId, token }).toEqual({
        tenant: order.tenant,
        instanceId: order.instanceId,
        token: order.token,
      });
    }
  });
});

describe("short attempts", () => {
  it("cost one report", async () => {
    const patient = await openYard({ "task.mjs": code }, { startReportAfterMs: 60_000 });
    const report = await patient.run({ input: { act: "pid" } });
    expect(patient.reports).toEqual([report]);
    expect(isFinal(report)).toBe(true);
    expect(report.startedAtMs).toBeTypeOf("number");
    await patient.close();
  });
});
