import { afterEach, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { type ClientOptions, openClient } from "../../client/sdk/open-client.ts";
import { openQuickClock } from "./quick-clock.ts";
import { echo, openYardServer, plainTask, type YardOptions } from "./yard-server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openYard(yardOptions: YardOptions = {}, clientOptions: ClientOptions = {}) {
  const yard = await openYardServer(yardOptions);
  const client = openClient({ url: yard.url, transport: openNodeTransport(), ...clientOptions });
  closing.push(
    () => yard.close(),
    () => client.close(),
  );
  await client.define("resize", plainTask);
  return { yard, client, lookups: () => yard.requestsTo("/v1/instances/lookup") };
}

async function submitted(client: SwitchyardClient, count: number): Promise<string[]> {
  const outcomes = await client.submitMany(
    Array.from({ length: count }, (_, input) => ({ task: "resize", input })),
  );
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.instance.id;
  });
}

const missingId = "ins_00000000000000000000000000";

describe("waiting", () => {
  it("resolves with the finished instance and its output", async () => {
    const { yard, client, lookups } = await openYard();
    const [id = ""] = await submitted(client, 1);
    const waiting = client.wait(id);
    await yard.started(id);
    await yard.finish(id, { output: { width: 240 } });
    expect(await waiting).toMatchObject({ id, state: "succeeded", output: { width: 240 } });
    expect(lookups().length).toBeLessThanOrEqual(2);
  });

  it("resolves also when it failed: how it ended is in its state", async () => {
    const { yard, client } = await openYard();
    await client.define("resize", { ...plainTask, retry: { maxAttempts: 1 } });
    const [id = ""] = await submitted(client, 1);
    await yard.started(id);
    await yard.finish(id, { error: "no such picture" });
    expect(await client.wait(id)).toMatchObject({
      state: "failed",
      error: { message: "no such picture" },
    });
  });

  it("submits and waits in one call", async () => {
    const { client } = await openYard({ behaviour: echo });
    const instance = await client.submitAndWait({ task: "resize", input: { n: 1 } });
    expect(instance).toMatchObject({ state: "succeeded", output: { n: 1 } });
  });
});

describe("waiting for many", () => {
  it("asks for thousands in few requests", async () => {
    const { client, lookups } = await openYard({ behaviour: echo });
    const ids = await submitted(client, 3_000);
    const ends = await Promise.all(ids.map((id) => client.wait(id)));
    expect(ends.map(({ output }) => output)).toEqual(ids.map((_, n) => n));
    expect(lookups().length).toBeLessThan(15);
  });

  it("asks once for an instance that several wait for", async () => {
    const { yard, client, lookups } = await openYard();
    const [id = ""] = await submitted(client, 1);
    const waits = [client.wait(id), client.wait(id), client.wait(id)];
    await yard.started(id);
    await yard.finish(id, { output: 1 });
    expect((await Promise.all(waits)).map(({ output }) => output)).toEqual([1, 1, 1]);
    expect(lookups().every(({ body }) => (body as { ids: string[] }).ids.length === 1)).toBe(true);
  });

  it("does not make a quick one wait for the end of a slow one", async () => {
    const { yard, client } = await openYard();
    const [slow = "", quick = ""] = await submitted(client, 2);
    let slowEnded = false;
    const waitForSlow = client.wait(slow).then(() => {
      slowEnded = true;
    });
    const waitForQuick = client.wait(quick);
    await yard.started(quick);
    await yard.finish(quick, { output: "quick" });
    expect((await waitForQuick).output).toBe("quick");
    expect(slowEnded).toBe(false);
    await yard.finish(slow, { output: "slow" });
    await waitForSlow;
  });

  it("fetches a payload that the shared answer had no room for", async () => {
    const { client } = await openYard({ behaviour: echo });
    const input = "x".repeat(120_000);
    const ends = await Promise.all(
      Array.from({ length: 45 }, () => client.submitAndWait({ task: "resize", input })),
    );
    expect(ends.every(({ output }) => output === input)).toBe(true);
  });

  it("tells of each change on the way", async () => {
    const { yard, client } = await openYard();
    const [id = ""] = await submitted(client, 1);
    await yard.started(id);
    const states: string[] = [];
    let first = (): void => undefined;
    const seen = new Promise<void>((resolve) => {
      first = resolve;
    });
    const waiting = client.wait(id, {
      onUpdate({ state }) {
        states.push(state);
        first();
      },
    });
    await seen;
    await yard.finish(id, { output: null });
    await waiting;
    expect(states).toEqual(["running", "succeeded"]);
  });
});

describe("a wait that ends early", () => {
  it("says so when its time is over, and the instance goes on", async () => {
    const { client } = await openYard();
    const [id = ""] = await submitted(client, 1);
    await expect(client.wait(id, { timeoutMs: 20 })).rejects.toMatchObject({ code: "timeout" });
    expect((await client.status(id)).state).toMatch(/dispatched|running/);
  });

  it("ends when it is aborted, and leaves others waiting", async () => {
    const { yard, client } = await openYard();
    const [id = ""] = await submitted(client, 1);
    const controller = new AbortController();
    const aborted = client.wait(id, { signal: controller.signal });
    const other = client.wait(id);
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await yard.started(id);
    await yard.finish(id, { output: "done" });
    expect((await other).output).toBe("done");
  });

  it("fails for an id that does not exist or is none, and for nobody else", async () => {
    const { client } = await openYard({ behaviour: echo });
    const ids = await submitted(client, 50);
    const waits = [...ids, missingId, "not an id"].map((id) => client.wait(id));
    const ends = await Promise.allSettled(waits);
    expect(ends.slice(0, 50).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(ends[50]).toMatchObject({ reason: { code: "instance_not_found" } });
    expect(ends[51]).toMatchObject({ reason: { code: "invalid_field" } });
  });

  it("fails when the client is closed", async () => {
    const { client } = await openYard();
    const [id = ""] = await submitted(client, 1);
    const waiting = client.wait(id);
    client.close();
    await expect(waiting).rejects.toMatchObject({ code: "client_closed" });
  });

  it("fails for the caller whose own listener throws", async () => {
    const { yard, client } = await openYard();
    const [id = ""] = await submitted(client, 1);
    const broken = client.wait(id, {
      onUpdate() {
        throw new Error("a bug of the caller");
      },
    });
    const sound = client.wait(id);
    await expect(broken).rejects.toThrow("a bug of the caller");
    await yard.started(id);
    await yard.finish(id, { output: 1 });
    expect((await sound).output).toBe(1);
  });
});

describe("a host that cannot wait", () => {
  it("is asked again at growing intervals", async () => {
    const clock = openQuickClock();
    let asked = 0;
    const { yard, client } = await openYard(
      {
        canWait: false,
        intercept: async (request, pass) => {
          if (request.url.endsWith("/lookup") && ++asked === 8) {
            await yard.finish(id, { output: "at last" });
          }
          return pass();
        },
      },
      { clock },
    );
    const [id = ""] = await submitted(client, 1);
    await yard.started(id);
    expect((await client.wait(id)).output).toBe("at last");
    expect(clock.sleeps).toEqual([200, 300, 450, 675, 1_013, 1_519, 2_279]);
  });
});
