import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type HostProcess, startHost } from "./host-process.ts";
import { call, doctorFindings, finishedInstances } from "./http.ts";
import { parityModule } from "./parity-module.ts";
import { startWorker, type WorkerProcess } from "./worker-process.ts";

const pool = "yard";
const backends = ["local", "fargate", pool] as const;

interface Expected {
  readonly state: string;
  readonly output?: unknown;
  readonly error?: { readonly class: string; readonly name?: string; readonly message?: unknown };
}

interface Case {
  readonly export: string;
  readonly expected: Expected;
  readonly task?: object;
  readonly log?: string;
}

const failed = (errorClass: string, more: object = {}): Expected => ({
  state: "failed",
  error: { class: errorClass, ...more },
});

/** One attempt each, unless the case says otherwise. */
const cases: readonly Case[] = [
  { export: "echo", expected: { state: "succeeded", output: { inputs: { a: [1] }, config: {} } } },
  { export: "nothing", expected: { state: "succeeded" } },
  { export: "none", expected: { state: "succeeded", output: null } },
  { export: "throws", expected: failed("error", { name: "TypeError", message: "no width" }) },
  {
    export: "final",
    expected: failed("error", { name: "FinalError", message: "hopeless" }),
    task: { retry: { maxAttempts: 3, delayMs: 10 } },
  },
  {
    export: "exits",
    expected: failed("crash", { message: "the task called process.exit(7)" }),
    log: "last words\n",
  },
  { export: "dies", expected: failed("crash") },
  { export: "escapes", expected: failed("error", { name: "RangeError" }) },
  { export: "hogs", expected: failed("out_of_memory"), task: { needs: { memoryMb: 64 } } },
  {
    export: "sleeps",
    expected: { state: "timed_out", error: { class: "timeout" } },
    task: { timeoutSeconds: 0.5 },
  },
  {
    export: "spins",
    expected: { state: "timed_out", error: { class: "timeout" } },
    task: { timeoutSeconds: 0.5 },
  },
  { export: "unfit", expected: failed("invalid_output") },
  { export: "absent", expected: failed("missing_function") },
  {
    export: "prints",
    expected: { state: "succeeded", output: 1 },
    log: "one\ntwo\n\u001b[31mred\u001b[0m\r\n",
  },
  { export: "blocks", expected: { state: "succeeded", output: "still mine" } },
];

let directory: string;
let host: HostProcess;
let worker: WorkerProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchyard-parity-"));
  const functions = join(directory, "functions");
  await mkdir(functions);
  await writeFile(join(functions, "parity.mjs"), parityModule);
  host = await startHost(["--memory", "--port", "0", "--functions", functions, "--no-examples"]);
  await call(host.url, "PUT", `/v1/pools/${pool}`, { leaseSeconds: 2 });
  worker = await startWorker(host.url, pool, "w-parity", [
    ...["--functions", functions, "--slots", "2"],
  ]);
});
afterAll(async () => {
  expect(await doctorFindings(host.url)).toEqual([]);
  expect(await worker.end("SIGTERM")).toBe(0);
  await host.end("SIGTERM");
  await rm(directory, { recursive: true, force: true });
});

async function define(name: string, exported: string, task: object = {}): Promise<void> {
  const spec = {
    run: { function: { module: "parity.mjs", export: exported } },
    retry: { maxAttempts: 1 },
    timeoutSeconds: 30,
    ...task,
  };
  const { status, body } = await call(host.url, "PUT", `/v1/tasks/${name}`, spec);
  expect(status, JSON.stringify(body)).toBeLessThan(300);
}

interface Seen extends Expected {
  readonly id: string;
  readonly attempts: readonly { readonly id: string; readonly usage?: object }[];
}

async function submit(task: string, backend: string): Promise<string> {
  const submission = { task, backend, input: { a: [1] }, config: {} };
  const answer = await call<Seen>(host.url, "POST", "/v1/instances", submission);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body.id;
}

async function instance(id: string): Promise<Seen> {
  return (await call<Seen>(host.url, "GET", `/v1/instances/${id}`)).body;
}

async function finished(task: string, backend: string): Promise<Seen> {
  const id = await submit(task, backend);
  await finishedInstances(host.url, [id]);
  return instance(id);
}

async function logOf(id: string): Promise<string> {
  const { body } = await call<{ items: readonly { text: string }[] }>(
    host.url,
    "GET",
    `/v1/instances/${id}/logs`,
  );
  return body.items.map(({ text }) => text).join("");
}

describe.each(backends)("code on %s", (backend) => {
  it.each(cases)("ends as it does everywhere: $export", async (one) => {
    await define(one.export, one.export, one.task);
    const seen = await finished(one.export, backend);
    expect(seen).toMatchObject({ ...one.expected });
    expect("output" in seen).toBe("output" in one.expected);
    expect(seen.attempts).toHaveLength(1);
    if (one.log !== undefined) expect(await logOf(seen.id)).toBe(one.log);
    if (one.expected.error === undefined) {
      expect(seen.attempts[0]?.usage).toMatchObject({
        cpuMs: expect.any(Number),
        memoryMbPeak: expect.any(Number),
      });
    }
  });

  it("learns the same of its attempt, and never the token", async () => {
    await define("facts", "facts", { needs: { memoryMb: 512 } });
    const { output } = await finished("facts", backend);
    expect(output).toMatchObject({
      keys: expect.arrayContaining(["attempt", "deadline", "inputs", "instance", "task_id"]),
      task: "facts",
      attempt: 1,
      memory: 512,
      seenMemory: "512",
      left: true,
      token: false,
    });
  });

  it("may return more than an instance keeps, by reference", async () => {
    await define("huge", "huge");
    const seen = await finished("huge", backend);
    expect(seen.state).toBe("succeeded");
    expect(JSON.stringify(seen)).toMatch(/"bytes":\d+/);
  });

  it("is told when the instance is cancelled, and then ended", async () => {
    await define("stoppable", "stoppable");
    const id = await submit("stoppable", backend);
    const mark = await vi.waitFor(
      async () => {
        const attemptId = (await instance(id)).attempts[0]?.id ?? "";
        const file = join(directory, "functions", attemptId);
        expect(await readFile(file, "utf8")).toBe("begun ");
        return file;
      },
      { timeout: 10_000, interval: 50 },
    );
    const { status } = await call(host.url, "POST", `/v1/instances/${id}/cancel`, {});
    expect(status).toBe(202);
    await vi.waitFor(async () => expect(await readFile(mark, "utf8")).toBe("begun aborted"), {
      timeout: 10_000,
      interval: 50,
    });
    expect((await instance(id)).state).toBe("cancelled");
  });
});
