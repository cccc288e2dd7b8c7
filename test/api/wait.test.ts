import { describe, expect, it } from "vitest";
import type { InstanceWatch, Timer } from "../../functions/runtime/host-ports.ts";
import { keys } from "../../shared/contract/keys.ts";
import { define, openYard, submit, Yard } from "./yard.ts";

/** Timers that go off when the test says so. */
class TestTimer implements Timer {
  readonly waiting = new Map<() => void, number>();

  after(delayMs: number, callback: () => void): () => void {
    this.waiting.set(callback, delayMs);
    return () => this.waiting.delete(callback);
  }

  goOff(): void {
    for (const callback of [...this.waiting.keys()]) callback();
  }
}

/** Follows the memory store's feed, as the local host does. */
class TestWatch implements InstanceWatch {
  readonly listeners = new Set<{ readonly pk: string; readonly listener: () => void }>();
  #subscribed: (() => void)[] = [];

  onChange(tenant: string, id: string, listener: () => void): () => void {
    const entry = { pk: keys.instance(tenant, id).pk, listener };
    this.listeners.add(entry);
    for (const tell of this.#subscribed.splice(0)) tell();
    return () => this.listeners.delete(entry);
  }

  /** Resolves when somebody listens. */
  someone(): Promise<void> {
    return this.listeners.size > 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#subscribed.push(resolve));
  }
}

async function waitingYard() {
  const timer = new TestTimer();
  const watch = new TestWatch();
  const yard = new Yard({ timer, watch });
  yard.store.watch((changes) => {
    for (const { key } of changes) {
      for (const { pk, listener } of watch.listeners) if (pk === key.pk) listener();
    }
  });
  await define(yard, "hello");
  return { yard, timer, watch };
}

describe("waiting for instances", () => {
  it("answers as soon as the instance is finished, and leaves nothing behind", async () => {
    const { yard, timer, watch } = await waitingYard();
    const id = await submit(yard, { task: "hello" });
    const reply = yard.call("GET", `/v1/instances/${id}?waitSeconds=20`);
    await watch.someone();
    expect([...timer.waiting.values()]).toEqual([20_000]);
    await yard.dispatch();
    await yard.report(id, { kind: "succeeded", output: 7 });
    expect((await reply).body).toMatchObject({ state: "succeeded", output: 7 });
    expect([watch.listeners.size, timer.waiting.size]).toEqual([0, 0]);
  });

  it("answers with what there is when time is up", async () => {
    const { yard, timer, watch } = await waitingYard();
    const id = await submit(yard, { task: "hello" });
    const reply = yard.call("GET", `/v1/instances/${id}?waitSeconds=5`);
    await watch.someone();
    timer.goOff();
    expect((await reply).body.state).toBe("dispatched");
    expect([watch.listeners.size, timer.waiting.size]).toEqual([0, 0]);
  });

  it("waits until all of many are finished", async () => {
    const { yard, watch } = await waitingYard();
    const ids = [await submit(yard, { task: "hello" }), await submit(yard, { task: "hello" })];
    let answered = false;
    const body = {
      ids: [...ids, "ins_00000000000000000000000000"],
      waitSeconds: 20,
      until: "terminal",
    };
    const reply = yard.call("POST", "/v1/instances/lookup", { body }).then((of) => {
      answered = true;
      return of;
    });
    await watch.someone();
    await yard.report(ids[0] ?? "", { kind: "succeeded" });
    await yard.call("GET", `/v1/instances/${ids[0]}`);
    expect(answered).toBe(false);
    await yard.call("POST", `/v1/instances/${ids[1]}/cancel`);
    const states = (await reply).body.items.map((item: { state: string } | null) => item?.state);
    expect(states).toEqual(["succeeded", "cancelled", undefined]);
  });

  it("does not wait for what is finished or absent", async () => {
    const { yard } = await waitingYard();
    const id = await submit(yard, { task: "hello" });
    await yard.call("POST", `/v1/instances/${id}/cancel`);
    const finished = await yard.call("GET", `/v1/instances/${id}?waitSeconds=20`);
    expect(finished.body.state).toBe("cancelled");
    const absent = await yard.call(
      "GET",
      "/v1/instances/ins_00000000000000000000000000?waitSeconds=20",
    );
    expect(absent.status).toBe(404);
  });

  it("ends when the client has gone away", async () => {
    const { yard, watch, timer } = await waitingYard();
    const id = await submit(yard, { task: "hello" });
    const gone = new AbortController();
    const reply = yard.api.request(`/v1/instances/${id}?waitSeconds=20`, {
      headers: { "x-caller": '{"tenant":"acme","actor":"ada","role":"viewer"}' },
      signal: gone.signal,
    });
    await watch.someone();
    gone.abort();
    await reply;
    expect([watch.listeners.size, timer.waiting.size]).toEqual([0, 0]);
  });

  it("answers at once on a host that cannot tell of changes", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello" });
    const reply = await yard.call("GET", `/v1/instances/${id}?waitSeconds=20`);
    expect(reply.body.state).toBe("dispatched");
  });
});
