import { describe, expect, it } from "vitest";
import { PoolBells } from "../../functions/local/pool-bells.ts";
import type { Timer } from "../../functions/runtime/host-ports.ts";
import type { LeaseAnswer } from "../../shared/contract/http/work.ts";
import { limits } from "../../shared/core/limits.ts";
import { claimFor, definePool, idsOf, putInLine, register, workman } from "./pool-yard.ts";
import { define, openYard, submit, type Yard } from "./yard.ts";

/** Timers that ring when the test says so. */
class HandTimer implements Timer {
  readonly waiting = new Map<() => void, number>();

  after(delayMs: number, callback: () => void): () => void {
    this.waiting.set(callback, delayMs);
    return () => this.waiting.delete(callback);
  }

  /** Lets all timers of this length go. */
  fire(delayMs: number): void {
    for (const [callback, of] of [...this.waiting]) {
      if (of !== delayMs) continue;
      this.waiting.delete(callback);
      callback();
    }
  }
}

interface WaitYard {
  readonly yard: Yard;
  readonly bells: PoolBells;
  readonly timer: HandTimer;
}

async function openWaitYard(spec: object = {}): Promise<WaitYard> {
  const timer = new HandTimer();
  const bells = new PoolBells();
  const yard = openYard({ timer, pools: { lines: bells } });
  yard.store.watch((changes) => bells.notify(changes));
  await define(yard, "hello");
  await definePool(yard, "edge", spec);
  for (const worker of ["w1", "w2", "w3"]) await register(yard, "edge", worker);
  return { yard, bells, timer };
}

/** A request that waits; `answer` is undefined until it is answered. */
function waitingLease({ yard }: WaitYard, worker: string, signal?: AbortSignal) {
  const request = new Request("http://localhost/v1/pools/edge/lease", {
    method: "POST",
    body: JSON.stringify({ worker, slots: 4, waitSeconds: 20, holding: [] }),
    headers: { "x-caller": JSON.stringify(workman), "content-type": "application/json" },
    ...(signal === undefined ? {} : { signal }),
  });
  const waiting: { answer?: LeaseAnswer; readonly done: Promise<void> } = {
    done: Promise.resolve(yard.api.fetch(request)).then(async (response) => {
      waiting.answer = (await response.json()) as LeaseAnswer;
    }),
  };
  return waiting;
}

/** Everything that can happen without time passing has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a request that waits for work", () => {
  it("is answered at once when something is put in line", async () => {
    const world = await openWaitYard();
    const waiting = waitingLease(world, "w1");
    await settled();
    expect(waiting.answer).toBeUndefined();
    const id = await putInLine(world.yard, "edge");
    await waiting.done;
    expect(idsOf(waiting.answer?.items ?? [])).toEqual([id]);
    expect(world.timer.waiting.size).toBe(0);
  });

  it("is answered with nothing when its time is over", async () => {
    const world = await openWaitYard();
    const waiting = waitingLease(world, "w1");
    await settled();
    world.timer.fire(20_000);
    await waiting.done;
    expect(waiting.answer).toEqual({ items: [], draining: false });
  });

  it("hears of an attempt that comes back to the line as a retry", async () => {
    const world = await openWaitYard();
    const { yard } = world;
    const id = await submit(yard, { task: "hello", delaySeconds: 0.001 });
    const waiting = waitingLease(world, "w1");
    await settled();
    yard.now += 1;
    await claimFor(yard, "edge", id);
    await waiting.done;
    expect(idsOf(waiting.answer?.items ?? [])).toEqual([id]);
  });

  it("is served in the order of arrival, one attempt to one worker", async () => {
    const world = await openWaitYard();
    const waiting = [];
    for (const worker of ["w2", "w1", "w3"]) {
      waiting.push(waitingLease(world, worker));
      await settled();
    }
    const first = await putInLine(world.yard, "edge");
    await settled();
    const second = await putInLine(world.yard, "edge");
    await settled();
    expect(waiting.map(({ answer }) => answer?.items.map(({ instanceId }) => instanceId))).toEqual([
      [first],
      [second],
      undefined,
    ]);
    world.timer.fire(20_000);
    await waiting[2]?.done;
  });

  it("whose client has gone takes nothing, and the next one is served instead", async () => {
    const world = await openWaitYard();
    const leaving = new AbortController();
    const gone = waitingLease(world, "w1", leaving.signal);
    await settled();
    const waiting = waitingLease(world, "w2");
    await settled();
    leaving.abort();
    const id = await putInLine(world.yard, "edge");
    await Promise.all([gone.done, waiting.done]);
    expect(gone.answer?.items).toEqual([]);
    expect(idsOf(waiting.answer?.items ?? [])).toEqual([id]);
  });
});

describe("a request that need not wait any longer", () => {
  it("is told at once that its worker is to go", async () => {
    const world = await openWaitYard();
    const waiting = waitingLease(world, "w1");
    await settled();
    await world.yard.call("POST", "/v1/pools/edge/workers/w1/drain");
    await waiting.done;
    expect(waiting.answer).toEqual({ items: [], draining: true });
  });

  it("does not hold up a host that shuts down", async () => {
    const world = await openWaitYard();
    const waiting = waitingLease(world, "w1");
    await settled();
    world.bells.close();
    await waiting.done;
    expect(waiting.answer).toEqual({ items: [], draining: false });
  });
});

describe("a request that waits where the control plane assigns", () => {
  it("finds its own attempt, whoever came first", async () => {
    const world = await openWaitYard({ strategy: "round-robin" });
    const waiting = [];
    for (const worker of ["w3", "w2", "w1"]) waiting.push(waitingLease(world, worker));
    await settled();
    await putInLine(world.yard, "edge");
    await settled();
    expect(waiting.map(({ answer }) => answer?.items.length)).toEqual([undefined, undefined, 1]);
    world.timer.fire(20_000);
    await Promise.all(waiting.map(({ done }) => done));
  });

  it("takes what another worker has left lying, once that has lasted too long", async () => {
    const world = await openWaitYard({ strategy: "round-robin" });
    const waiting = waitingLease(world, "w3");
    await settled();
    const id = await putInLine(world.yard, "edge");
    await settled();
    expect(waiting.answer).toBeUndefined();
    world.yard.now += limits.assignPatienceMs;
    world.timer.fire(limits.assignPatienceMs);
    await waiting.done;
    expect(idsOf(waiting.answer?.items ?? [])).toEqual([id]);
  });
});

describe("a host that hears nothing", () => {
  it("looks again and again, and holds a request no longer than it may", async () => {
    const timer = new HandTimer();
    const yard = openYard({ timer, pools: { waitSecondsMax: 5 } });
    await define(yard, "hello");
    await definePool(yard, "edge");
    const { body } = await register(yard, "edge", "w1");
    expect(body.doorbell).toEqual({ kind: "long-poll", waitSeconds: 5 });
    const world = { yard, timer, bells: new PoolBells() };
    const waiting = waitingLease(world, "w1");
    await settled();
    expect([...timer.waiting.values()].toSorted()).toEqual([limits.leasePollMs, 5_000]);
    const id = await putInLine(yard, "edge");
    timer.fire(limits.leasePollMs);
    await waiting.done;
    expect(idsOf(waiting.answer?.items ?? [])).toEqual([id]);
  });
});
