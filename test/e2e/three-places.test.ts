import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { CompleteAnswer, LeaseAnswer, WorkOrder } from "../../shared/contract/http/work.ts";
import { containerProcessesOf } from "./container-processes.ts";
import { type HostProcess, startHost } from "./host-process.ts";
import { call, doctorFindings, finishedInstances } from "./http.ts";
import { startWorker, type WorkerProcess } from "./worker-process.ts";

interface Attempt {
  readonly id: string;
  readonly number: number;
  readonly backend: string;
  readonly state: string;
  readonly externalId?: string;
  readonly error?: { readonly class: string };
}
interface Seen {
  readonly id: string;
  readonly state: string;
  readonly output?: unknown;
  readonly attempts: readonly Attempt[];
}

const pool = "yard";
const functions = ["--functions", "dist/examples/functions"];
const waitMs = { timeout: 20_000, interval: 50 };

let directory: string;
let host: HostProcess;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchyard-places-"));
  host = await startHost(["--data", directory, "--port", "0"]);
  const defined = await call(host.url, "PUT", `/v1/pools/${pool}`, { leaseSeconds: 2 });
  expect(defined.status).toBe(201);
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end("SIGTERM")));
});
afterAll(async () => {
  expect(await doctorFindings(host.url)).toEqual([]);
  await host.end("SIGTERM");
  await rm(directory, { recursive: true, force: true });
});

async function worker(id: string, args: readonly string[] = []): Promise<WorkerProcess> {
  const started = await startWorker(host.url, pool, id, [...functions, ...args]);
  workers.push(started);
  return started;
}

async function submit(submission: object): Promise<string> {
  const { status, body } = await call<{ id: string }>(
    host.url,
    "POST",
    "/v1/instances",
    submission,
  );
  expect(status, JSON.stringify(body)).toBe(202);
  return body.id;
}

async function instance(id: string): Promise<Seen> {
  return (await call<Seen>(host.url, "GET", `/v1/instances/${id}`)).body;
}

/** The attempt that runs now, once there is one with this number. */
function running(id: string, number: number): Promise<Attempt> {
  return vi.waitFor(async () => {
    const { state, attempts } = await instance(id);
    const last = attempts.at(-1);
    expect([state, last?.number]).toEqual(["running", number]);
    if (last === undefined) throw new Error("no attempt");
    return last;
  }, waitMs);
}

async function finished(id: string): Promise<Seen> {
  await finishedInstances(host.url, [id]);
  return instance(id);
}

/** What somebody says who still holds an order that was given to another meanwhile. */
async function completeLate(order: WorkOrder): Promise<CompleteAnswer> {
  const { instanceId, attemptId, token } = order;
  const beat = await call<{ verdict: string }>(
    host.url,
    "POST",
    `/v1/attempts/${attemptId}/heartbeat`,
    { instanceId, token },
  );
  expect(beat.body.verdict).toBe("stop");
  const { body } = await call<CompleteAnswer>(
    host.url,
    "POST",
    `/v1/attempts/${attemptId}/complete`,
    { instanceId, token, outcome: "succeeded", output: "from the dead" },
  );
  return body;
}

describe("one function, unchanged", () => {
  it.each(["local", "fargate", pool])("runs on %s", async (backend) => {
    await worker("w-plain");
    const id = await submit({ task: "hello", input: { name: "Ada" }, backend });
    const seen = await finished(id);
    expect(seen).toMatchObject({ state: "succeeded", output: { greeting: "Hello, Ada!" } });
    expect(seen.attempts).toMatchObject([{ number: 1, backend, state: "succeeded" }]);
    const logs = await call<{ items: readonly { text?: string }[] }>(
      host.url,
      "GET",
      `/v1/instances/${id}/logs`,
    );
    expect(JSON.stringify(logs.body)).toContain("greeting");
  });
});

describe("a worker that is killed in the middle of its work", () => {
  it("is fenced, and another one finishes the instance", async () => {
    const doomed = await worker("w-doomed", ["--slots", "1"]);
    const id = await submit({ task: "sleep", input: { ms: 1_500 }, backend: pool });
    const first = await running(id, 1);
    expect(first.externalId).toBe("w-doomed");
    const heir = await worker("w-heir");
    await doomed.end("SIGKILL");
    const seen = await finished(id);
    expect(seen).toMatchObject({ state: "succeeded", output: { sleptMs: 1_500 } });
    expect(seen.attempts).toMatchObject([
      { number: 1, state: "lost", error: { class: "worker_lost" } },
      { number: 2, state: "succeeded", externalId: "w-heir" },
    ]);
    await vi.waitFor(() => expect(heir.output()).toContain(`sleep ${id} succeeded`), waitMs);
  });

  it("changes nothing when it turns out to be alive", async () => {
    const register = await call(host.url, "PUT", `/v1/pools/${pool}/workers/w-zombie`, {
      slots: 1,
    });
    expect(register.status).toBe(200);
    const id = await submit({ task: "hello", input: { name: "Bob" }, backend: pool });
    const leased = await call<LeaseAnswer>(host.url, "POST", `/v1/pools/${pool}/lease`, {
      worker: "w-zombie",
      slots: 1,
      waitSeconds: 5,
    });
    const [order] = leased.body.items;
    if (order === undefined) throw new Error("nothing to lease");
    await worker("w-living");
    const seen = await finished(id);
    expect(seen.attempts.at(-1)).toMatchObject({ number: 2, externalId: "w-living" });
    expect(await completeLate(order)).toEqual({ result: "stale", state: "succeeded" });
    expect((await instance(id)).output).toEqual({ greeting: "Hello, Bob!" });
    await call(host.url, "DELETE", `/v1/pools/${pool}/workers/w-zombie`);
  });
});

describe("a container that is killed in the middle of its work", () => {
  it("is fenced, and another one finishes the instance", async () => {
    const id = await submit({ task: "sleep", input: { ms: 1_500 }, backend: "fargate" });
    const first = await running(id, 1);
    const pid = await vi.waitFor(() => {
      const [entry, code] = containerProcessesOf(first.id);
      if (entry === undefined || code === undefined) throw new Error("no container at work");
      return entry;
    }, waitMs);
    // A container may ask again for what it was given; so may who pretends to be it.
    const asked = await call<WorkOrder>(host.url, "POST", `/v1/attempts/${first.id}/begin`, {
      instanceId: id,
      runner: first.externalId,
    });
    expect(asked.status).toBe(200);
    process.kill(pid, "SIGKILL");
    const second = await running(id, 2);
    expect(second.externalId).not.toBe(first.externalId);
    expect(await completeLate(asked.body)).toEqual({ result: "stale", state: "running" });
    const seen = await finished(id);
    expect(seen).toMatchObject({ state: "succeeded", output: { sleptMs: 1_500 } });
    expect(seen.attempts).toMatchObject([
      { number: 1, state: "failed" },
      { number: 2, state: "succeeded", backend: "fargate" },
    ]);
    const left = () =>
      [first, second].flatMap(({ id: attemptId }) => containerProcessesOf(attemptId));
    await vi.waitFor(() => expect(left()).toEqual([]), waitMs);
  });
});

describe("a worker that is drained", () => {
  it("finishes what it has, and another one takes the rest: no attempt is lost", async () => {
    const leaver = await worker("w-leaver", ["--slots", "2"]);
    const ids = await Promise.all(
      Array.from({ length: 6 }, () => submit({ task: "sleep", input: { ms: 400 }, backend: pool })),
    );
    await leaver.said(/2 of 2 slots busy/);
    const [code] = await Promise.all([leaver.end("SIGTERM"), worker("w-stayer")]);
    expect(code).toBe(0);
    expect(leaver.output()).toMatch(/has left: \d+ finished\n$/);
    const seen = await Promise.all(ids.map(finished));
    expect(seen.filter(({ state }) => state !== "succeeded")).toEqual([]);
    expect(seen.filter(({ attempts }) => attempts.length !== 1)).toEqual([]);
    const where = new Set(seen.map(({ attempts }) => attempts[0]?.externalId));
    expect(where).toEqual(new Set(["w-leaver", "w-stayer"]));
  });
});
