import { afterEach, describe, expect, it } from "vitest";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { type ClientOptions, openClient } from "../../client/sdk/open-client.ts";
import { SwitchyardError } from "../../client/sdk/switchyard-error.ts";
import { limits } from "../../shared/core/limits.ts";
import { echo, instancesIn, openYardServer, plainTask, type YardOptions } from "./yard-server.ts";

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
  yard.requests.splice(0);
  return { yard, client };
}

/** Holds requests back until `open` is called. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

const batchPath = "/v1/instances/batch";
const sizeOf = (body: unknown): number => (body as { items: unknown[] }).items.length;

describe("submitting", () => {
  it("sends a lone submission by itself and at once", async () => {
    const { yard, client } = await openYard();
    const instance = await client.submit({ task: "resize", input: { key: "cat.jpg" } });
    expect(instance).toMatchObject({ task: "resize", state: "dispatched" });
    expect(yard.requests.map(({ path }) => path)).toEqual(["/v1/instances"]);
  });

  it("sends what is submitted in one turn together, with an answer for each", async () => {
    const { yard, client } = await openYard();
    const inputs = Array.from({ length: 20 }, (_, n) => ({ n }));
    const instances = await Promise.all(
      inputs.map((input) => client.submit({ task: "resize", input })),
    );
    expect(yard.requests.map(({ path }) => path)).toEqual([batchPath]);
    const stored = await Promise.all(instances.map(({ id }) => client.status(id)));
    expect(stored.map(({ input }) => input)).toEqual(inputs);
  });

  it("gathers what comes while its requests are under way, and opens no more of them", async () => {
    const held = gate();
    let underway = 0;
    let most = 0;
    const { yard, client } = await openYard(
      {
        intercept: async (request, pass) => {
          if (!request.url.includes("/v1/instances")) return pass();
          most = Math.max(most, ++underway);
          await held.opened;
          const answer = await pass();
          underway--;
          return answer;
        },
      },
      { submitRequestsMax: 2 },
    );
    const submits: Promise<unknown>[] = [];
    for (let n = 0; n < 30; n++) {
      submits.push(client.submit({ task: "resize", input: n }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    held.open();
    await Promise.all(submits);
    expect(most).toBe(2);
    expect(yard.requests).toHaveLength(3);
    expect(sizeOf(yard.requests[2]?.body)).toBe(28);
  });

  it("splits many into requests that the server takes", async () => {
    const { yard, client } = await openYard();
    const outcomes = await client.submitMany(
      Array.from({ length: 2_500 }, (_, input) => ({ task: "resize", input })),
    );
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(instancesIn(yard.store)).toBe(2_500);
    const sizes = yard.requestsTo(batchPath).map(({ body }) => sizeOf(body));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.batchItemsMax);
    expect(sizes.length).toBeLessThanOrEqual(4);
  });

  it("splits large ones by their bytes, so that none is refused for its company", async () => {
    const { yard, client } = await openYard();
    const input = "ä".repeat(60_000);
    const outcomes = await client.submitMany(
      Array.from({ length: 120 }, () => ({ task: "resize", input })),
    );
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
    const bytes = yard.requests.map(({ body }) => Buffer.byteLength(JSON.stringify(body)));
    expect(bytes.length).toBe(3);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(limits.batchBodyBytesMax);
  });

  it("says what the submission was when it was submitted, whatever its object becomes", async () => {
    const { client } = await openYard();
    const input = { n: 1 };
    const submitted = client.submit({ task: "resize", input });
    input.n = 2;
    const { id } = await submitted;
    expect((await client.status(id)).input).toEqual({ n: 1 });
  });

  it("shows what a submission would become without submitting it", async () => {
    const { yard, client } = await openYard();
    const { instance, receipt } = await client.plan({ task: "resize" });
    expect(receipt.chosen).toBe("local");
    expect(instance.task).toBe("resize");
    expect(instancesIn(yard.store)).toBe(0);
  });
});

describe("what cannot be submitted", () => {
  it("is refused one by one, with code, pointer and suggestion, and holds up nobody", async () => {
    const { yard, client } = await openYard();
    const outcomes = await client.submitMany([
      { task: "resize" },
      { task: "resise" },
      { task: "resize", priority: 99 },
      { task: "resize" },
    ]);
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, true]);
    const errors = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
    expect(errors[0]).toMatchObject({ code: "task_not_found", status: 404, pointer: "/task" });
    expect(errors[0]?.suggestion).toContain("resize");
    expect(errors[1]).toMatchObject({ code: "invalid_field", status: 400, pointer: "/priority" });
    expect(instancesIn(yard.store)).toBe(2);
  });

  it("does not take the others down when the server refuses the whole body for it", async () => {
    const { yard, client } = await openYard();
    const inputs = Array.from({ length: 40 }, (_, n) => (n === 17 ? "\ud800" : `text ${n}`));
    const outcomes = await client.submitMany(inputs.map((input) => ({ task: "resize", input })));
    expect(outcomes.flatMap(({ ok }, n) => (ok ? [] : [n]))).toEqual([17]);
    expect(outcomes[17]).toMatchObject({ error: { code: "malformed_json", status: 400 } });
    expect(instancesIn(yard.store)).toBe(39);
  });

  it("does not take the others down when the server breaks over it", async () => {
    const { yard, client } = await openYard(
      {
        intercept: async (request, pass) => {
          const poisoned = (await request.clone().text()).includes("poison");
          return poisoned ? Response.json({ code: "internal_error" }, { status: 500 }) : pass();
        },
      },
      { retry: { delayMsBase: 1 } },
    );
    const inputs = Array.from({ length: 64 }, (_, n) => (n === 33 ? "poison" : "sound"));
    const outcomes = await client.submitMany(inputs.map((input) => ({ task: "resize", input })));
    expect(outcomes.flatMap(({ ok }, n) => (ok ? [] : [n]))).toEqual([33]);
    expect(instancesIn(yard.store)).toBe(63);
  });

  it("is said at once when JSON cannot carry it", async () => {
    const { yard, client } = await openYard();
    const [good, bad] = await client.submitMany([
      { task: "resize", input: 1 },
      { task: "resize", input: 1n },
    ]);
    expect(good?.ok).toBe(true);
    expect(bad).toMatchObject({ ok: false, error: { code: "invalid_submission", status: 0 } });
    expect(instancesIn(yard.store)).toBe(1);
  });

  it("fails as a SwitchyardError that programs can decide by", async () => {
    const { client } = await openYard();
    const error = await client.submit({ task: "nothing-like-it" }).catch((reason) => reason);
    expect(error).toBeInstanceOf(SwitchyardError);
    expect(error).toMatchObject({
      name: "SwitchyardError",
      code: "task_not_found",
      retryable: false,
      notApplied: true,
    });
  });

  it("is refused when more wait than the client may hold", async () => {
    const { client } = await openYard({}, { submitQueueMax: 3 });
    const outcomes = await client.submitMany(Array.from({ length: 5 }, () => ({ task: "resize" })));
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, false, false]);
    expect(outcomes[4]).toMatchObject({ error: { code: "queue_full" } });
  });

  it("is refused after the client was closed", async () => {
    const { client } = await openYard();
    client.close();
    await expect(client.submit({ task: "resize" })).rejects.toMatchObject({
      code: "client_closed",
    });
  });
});

describe("closing the client", () => {
  it("ends what is not answered, tries nothing again, and lets the rest be answered", async () => {
    const held = gate();
    const arrived = gate();
    const { yard, client } = await openYard(
      {
        intercept: async (request, pass) => {
          if (!request.url.includes("/v1/instances")) return pass();
          const text = await request.clone().text();
          if (text.includes("refused for now")) return new Response("busy", { status: 503 });
          arrived.open();
          await held.opened;
          return pass();
        },
      },
      { submitRequestsMax: 2, retry: { delayMsBase: 60_000, delayMsMax: 60_000, totalMsMax: 1e9 } },
    );
    const underway = client.submit({ task: "resize", input: "under way" });
    await arrived.opened;
    const backedOff = client.submit({ task: "resize", input: "refused for now" });
    const queued = client.submit({ task: "resize", input: "queued" });
    await expect.poll(() => yard.requestsTo("/v1/instances/batch").length).toBe(1);
    client.close();
    await expect(backedOff).rejects.toMatchObject({ code: "client_closed" });
    await expect(queued).rejects.toMatchObject({ code: "client_closed" });
    held.open();
    expect((await underway).task).toBe("resize");
    expect(instancesIn(yard.store)).toBe(1);
  });
});

describe("aborting a submission", () => {
  it("takes it back while it waits, and leaves the others", async () => {
    const held = gate();
    const { yard, client } = await openYard(
      {
        intercept: async (request, pass) => {
          if (request.url.includes("/v1/instances")) await held.opened;
          return pass();
        },
      },
      { submitRequestsMax: 1 },
    );
    const controller = new AbortController();
    const first = client.submit({ task: "resize", input: "first" });
    await new Promise((resolve) => setImmediate(resolve));
    const taken = client.submit(
      { task: "resize", input: "taken back" },
      { signal: controller.signal },
    );
    const last = client.submit({ task: "resize", input: "last" });
    controller.abort(new Error("no longer wanted"));
    await expect(taken).rejects.toThrow("no longer wanted");
    held.open();
    await Promise.all([first, last]);
    expect(instancesIn(yard.store)).toBe(2);
  });

  it("ends the wait for an answer under way, without disturbing those who travel with it", async () => {
    const held = gate();
    const arrived = gate();
    const { client } = await openYard({
      intercept: async (request, pass) => {
        if (!request.url.includes("/v1/instances")) return pass();
        arrived.open();
        await held.opened;
        return pass();
      },
    });
    const controller = new AbortController();
    const one = client.submit({ task: "resize" }, { signal: controller.signal });
    const other = client.submit({ task: "resize" });
    await arrived.opened;
    controller.abort();
    await expect(one).rejects.toMatchObject({ name: "AbortError" });
    held.open();
    expect((await other).task).toBe("resize");
  });

  it("lets thousands of calls share one signal, without a warning", async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): number => warnings.push(warning);
    process.on("warning", onWarning);
    const { client } = await openYard({ behaviour: echo });
    const { signal } = new AbortController();
    const submissions = Array.from({ length: 200 }, () => ({ task: "resize" }));
    const outcomes = await client.submitMany(submissions, { signal });
    const ids = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.instance.id] : []));
    await Promise.all(ids.map((id) => client.wait(id, { signal })));
    await Promise.all(ids.map((id) => client.status(id, { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", onWarning);
    expect(ids).toHaveLength(200);
    expect(warnings).toEqual([]);
  });

  it("sends nothing when it was aborted before", async () => {
    const { yard, client } = await openYard();
    const options = { signal: AbortSignal.abort() };
    await expect(client.submit({ task: "resize" }, options)).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(yard.requests).toEqual([]);
  });
});
