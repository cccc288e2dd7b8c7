import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFileServer } from "./file-server.ts";
import { callError, openWorkYard, type WorkYard } from "./work-yard.ts";
import { packageOrder, zipOf } from "./zip-maker.ts";

const modules = {
  "task.mjs": `
    const forEver = () => new Promise((resolve) => setTimeout(resolve, 600_000));
    export const handler = ({ inputs }) => ({ got: inputs });
    export const fails = () => { throw new Error("no"); };
    export const waits = () => forEver();
    export const works = (event, { heartbeat }) => { heartbeat({ done: 4, of: 10 }); return forEver(); };
    export const blocks = () => { const endMs = Date.now() + 1_500; while (Date.now() < endMs); return 1; };
    export const environment = () => [process.env.SWITCHYARD_TOKEN, process.env.KEPT];
  `,
};

const target = (name = "handler") => ({ function: { module: "task.mjs", export: name } });

let yard: WorkYard;
beforeEach(async () => {
  yard = await openWorkYard(modules, {
    env: { ...process.env, SWITCHYARD_TOKEN: "secret", KEPT: "kept" },
  });
});
afterEach(() => yard.close());

describe("an order", () => {
  it("is run and its result reported, with what it used and whose it is", async () => {
    const order = yard.order(target(), { input: { a: 1 } });
    const { end, reported } = await yard.run(order);
    expect([end.outcome, reported]).toEqual(["succeeded", "recorded"]);
    expect(yard.plane.completions).toEqual([
      {
        instanceId: order.instanceId,
        token: "the-token",
        outcome: "succeeded",
        output: { got: { a: 1 } },
        startedAt: expect.stringMatching(/Z$/),
        usage: {
          durationMs: expect.any(Number),
          cpuMs: expect.any(Number),
          memoryMbPeak: expect.any(Number),
        },
      },
    ]);
  });

  it("keeps its lease while the code blocks its own process", async () => {
    const running = yard.run(yard.order(target("blocks")));
    await yard.plane.beaten();
    expect((await running).end).toMatchObject({ outcome: "succeeded", output: 1 });
    expect(yard.plane.beats.length).toBeGreaterThanOrEqual(2);
  });

  it("passes on what the code says about its progress", async () => {
    const running = yard.run(yard.order(target("works")));
    await yard.plane.beaten(({ progress }) => progress !== undefined);
    expect(yard.plane.beats.find(({ progress }) => progress !== undefined)).toMatchObject({
      token: "the-token",
      progress: { done: 4, of: 10 },
    });
    yard.leaving.abort();
    await running;
  });

  it("that is stopped from the control plane ends without a word", async () => {
    yard.plane.nextBeats.push({ verdict: "stop", reason: "cancelled" });
    const { end, reported } = await yard.run(yard.order(target("waits")));
    expect([end.outcome, reported]).toEqual(["aborted", "stopped"]);
    expect(yard.plane.completions).toEqual([]);
  });

  it("ends as well when the control plane does not know it any more", async () => {
    yard.plane.nextBeats.push(callError(404, false));
    expect((await yard.run(yard.order(target("waits")))).reported).toBe("stopped");
  });

  it("goes on when a sign of life is lost", async () => {
    yard.plane.nextBeats.push(callError(503, true), callError(0, true));
    const { end } = await yard.run(yard.order(target("blocks")));
    expect(end.outcome).toBe("succeeded");
  });

  it("is reported as timed out when the control plane is first to find that", async () => {
    yard.plane.nextBeats.push({ verdict: "stop", reason: "time is up" });
    const { reported } = await yard.run(yard.order(target("waits"), { timeoutMs: 1_000 }));
    expect(reported).toBe("recorded");
    expect(yard.plane.completions).toMatchObject([{ error: { class: "timeout" } }]);
  });

  it("is given back when its runner has to leave", async () => {
    const running = yard.run(yard.order(target("waits")));
    await yard.plane.beaten();
    yard.leaving.abort();
    expect((await running).reported).toBe("recorded");
    expect(yard.plane.completions).toMatchObject([{ error: { class: "worker_lost" } }]);
  });

  it("lets the code see its environment, but not the credential of its runner", async () => {
    const { end } = await yard.run(yard.order(target("environment")));
    expect(end).toMatchObject({ output: [null, "kept"] });
  });

  it("runs a package when the module is not on this machine", async () => {
    const server = await openFileServer();
    const zip = zipOf({ "index.cjs": "exports.handler = async () => process.env.MODE;" });
    server.serve(zip);
    const run = {
      function: { module: "elsewhere.mjs", export: "handler" },
      package: { function: "mail", digest: "a".repeat(64) },
    };
    const code = packageOrder(zip, server.url, { environment: { MODE: "packed" } });
    const { end } = await yard.run(yard.order(run, { package: code }));
    expect(end).toMatchObject({ outcome: "succeeded", output: "packed" });
    await server.close();
  });
});

describe("a result", () => {
  it("is offered until it is taken", async () => {
    const { nextCompletions } = yard.plane;
    nextCompletions.push(callError(0, true), callError(503, true), callError(401, false));
    expect((await yard.run(yard.order(target()))).reported).toBe("recorded");
    expect(yard.plane.completions).toHaveLength(4);
    expect(new Set(yard.plane.completions.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it.each(["stale", "repeated"] as const)("that is %s is the end of it", async (result) => {
    yard.plane.nextCompletions.push(result);
    expect((await yard.run(yard.order(target("fails")))).reported).toBe(result);
    expect(yard.plane.completions).toHaveLength(1);
  });

  it("that nobody knows anything about any more is stale", async () => {
    yard.plane.nextCompletions.push(callError(404, false));
    expect((await yard.run(yard.order(target()))).reported).toBe("stale");
  });

  it("that is refused becomes a failure that says so, and not a silence", async () => {
    yard.plane.nextCompletions.push(callError(400, false));
    expect((await yard.run(yard.order(target()))).reported).toBe("recorded");
    expect(yard.plane.completions[1]).toMatchObject({
      outcome: "failed",
      error: { class: "invalid_output", message: expect.stringContaining("status 400") },
    });
    expect(yard.plane.completions[1]).not.toHaveProperty("output");
  });

  it("is not offered for ever once its runner must be gone", async () => {
    yard.gone.abort();
    yard.plane.nextCompletions.push(callError(0, true));
    expect((await yard.run(yard.order(target()))).reported).toBe("unreported");
  });
});
