import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type HostProcess, startHost } from "./host-process.ts";
import { call, finishedInstances } from "./http.ts";
import { startWorker, type WorkerProcess } from "./worker-process.ts";

const pool = "yard";
let directory: string;
let host: HostProcess;
const workers: WorkerProcess[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchyard-worker-"));
  host = await startHost(["--data", directory, "--port", "0"]);
  await call(host.url, "PUT", `/v1/pools/${pool}`, { leaseSeconds: 20 });
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end("SIGKILL")));
  await host.end("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

async function worker(id: string, ...args: string[]): Promise<WorkerProcess> {
  const all = ["--functions", "dist/examples/functions", ...args];
  const started = await startWorker(host.url, pool, id, all);
  workers.push(started);
  return started;
}

async function submit(submission: object): Promise<string> {
  const all = { backend: pool, ...submission };
  const { status, body } = await call<{ id: string }>(host.url, "POST", "/v1/instances", all);
  expect(status, JSON.stringify(body)).toBe(202);
  return body.id;
}

async function attemptsOf(id: string): Promise<readonly { readonly externalId?: string }[]> {
  const { body } = await call<{ attempts: readonly { externalId?: string }[] }>(
    host.url,
    "GET",
    `/v1/instances/${id}`,
  );
  return body.attempts;
}

describe("a worker", () => {
  it("outlives a restart of the server, and hands in what it finished meanwhile", async () => {
    const steady = await worker("w-steady");
    const id = await submit({ task: "sleep", input: { ms: 1_200 } });
    await steady.said(/sleep ins_\w+ begins/);
    await host.end("SIGKILL");
    await steady.said(/no work at the moment/);
    host = await startHost(["--data", directory, "--port", new URL(host.url).port]);
    await steady.said(/the server answers again/);
    const [seen] = await finishedInstances(host.url, [id]);
    expect(seen).toMatchObject({ state: "succeeded", output: { sleptMs: 1_200 } });
    expect(await attemptsOf(id)).toMatchObject([{ externalId: "w-steady" }]);
    expect(await steady.end("SIGTERM")).toBe(0);
  });

  it("registers again when it was removed", async () => {
    await worker("w-stubborn");
    const path = `/v1/pools/${pool}/workers/w-stubborn`;
    expect((await call(host.url, "DELETE", path)).status).toBe(200);
    const id = await submit({ task: "hello" });
    const [seen] = await finishedInstances(host.url, [id]);
    expect(seen?.state).toBe("succeeded");
    expect(await attemptsOf(id)).toMatchObject([{ externalId: "w-stubborn" }]);
  });

  it("leaves when the server asks it to, after finishing what it has", async () => {
    const asked = await worker("w-asked");
    const id = await submit({ task: "sleep", input: { ms: 800 } });
    await asked.said(/sleep ins_\w+ begins/);
    await call(host.url, "POST", `/v1/pools/${pool}/workers/w-asked/drain`);
    await asked.said(/the server asks this worker to leave/);
    const [seen] = await finishedInstances(host.url, [id]);
    expect(seen?.state).toBe("succeeded");
    expect(await attemptsOf(id)).toHaveLength(1);
    await vi.waitFor(() => expect(asked.output()).toMatch(/has left: 1 finished\n$/), 10_000);
  });

  it("gives back at once what takes longer than its grace", async () => {
    const hasty = await worker("w-hasty", "--grace", "1s");
    const id = await submit({ task: "sleep", input: { ms: 60_000 } });
    await hasty.said(/sleep ins_\w+ begins/);
    expect(await hasty.end("SIGTERM")).toBe(0);
    expect(hasty.output()).toMatch(/has left: 0 finished, 1 given back\n$/);
    expect((await attemptsOf(id))[0]).toMatchObject({ error: { class: "worker_lost" } });
    await call(host.url, "POST", `/v1/instances/${id}/cancel`, {});
  });

  it("takes work once when asked to, runs a command, and leaves", async () => {
    const spec = { run: { command: { argv: ["/bin/sh", "-c", "cat > $SWITCHYARD_OUTPUT"] } } };
    expect((await call(host.url, "PUT", "/v1/tasks/cat", spec)).status).toBe(201);
    const id = await submit({ task: "cat", input: [1] });
    const args = ["worker", "--server", host.url, "--pool", pool, "--once", "--allow-commands"];
    const end = spawnSync(process.execPath, ["client/bin/switchyard.mjs", ...args]);
    expect([end.status, end.stderr.toString()]).toEqual([0, ""]);
    const [seen] = await finishedInstances(host.url, [id]);
    expect(seen).toMatchObject({ state: "succeeded", output: { task_id: id, inputs: [1] } });
  });

  it.each([
    [["--pool", "nowhere"], 4, "the server refused this worker"],
    [[], 2, "a worker belongs to a pool"],
    [["--pool", pool, "--functions", "no-such-folder"], 2, "there is no folder"],
    [["--pool", pool, "--labels", "site"], 2, "--labels takes key=value"],
  ])("is told what is wrong with %j", (args, exitCode, message) => {
    const all = ["client/bin/switchyard.mjs", "worker", "--server", host.url, ...args];
    const end = spawnSync(process.execPath, all);
    expect([end.status, end.stderr.toString()]).toEqual([
      exitCode,
      expect.stringContaining(message),
    ]);
  });
});
