import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FunctionView } from "../../shared/contract/http/function-views.ts";
import { type HostProcess, startHost } from "./host-process.ts";
import { call, doctorFindings, finishedInstances } from "./http.ts";
import { startWorker, type WorkerProcess } from "./worker-process.ts";

const run = promisify(execFile);
const example = "examples/deploy/word-count";
const text = "to be or not to be";

let directory: string;
let host: HostProcess;
let worker: WorkerProcess;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchyard-deploy-"));
  host = await startHost(["--data", join(directory, "data"), "--port", "0"]);
  // Before anything is routed: what there is to choose from is remembered for a moment.
  expect((await call(host.url, "PUT", "/v1/pools/edge", {})).status).toBe(201);
  worker = await startWorker(host.url, "edge", "w1");
});
afterAll(async () => {
  expect(await doctorFindings(host.url)).toEqual([]);
  await host.end("SIGTERM");
  await rm(directory, { recursive: true, force: true });
});

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function cli(...args: string[]): Promise<Finished> {
  const program = ["client/bin/switchyard.mjs", ...args, "--server", host.url];
  try {
    return { code: 0, ...(await run(process.execPath, program)) };
  } catch (error) {
    return error as Finished;
  }
}

async function deploy(folder: string, ...args: string[]): Promise<FunctionView> {
  const ended = await cli("deploy", folder, "--name", "word-count", "--wait", "--json", ...args);
  expect(ended.code, ended.stderr).toBe(0);
  return JSON.parse(ended.stdout) as FunctionView;
}

async function packagesKept(): Promise<readonly string[]> {
  const names = await readdir(join(directory, "data/payloads/default"));
  return names.filter((name) => name.startsWith("pk_"));
}

async function submit(submission: object): Promise<unknown> {
  const body = { task: "word-count", input: { text }, ...submission };
  const submitted = await call<{ id: string }>(host.url, "POST", "/v1/instances", body);
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(202);
  const [finished] = await finishedInstances(host.url, [submitted.body.id]);
  return { state: finished?.state, output: finished?.output };
}

const two = {
  state: "succeeded",
  output: {
    words: [
      { word: "be", count: 2 },
      { word: "to", count: 2 },
    ],
  },
};
const one = { state: "succeeded", output: { words: [{ word: "be", count: 2 }] } };

describe("a function that is deployed from a folder", () => {
  it("is active at once, can be tried out, and is the same version when deployed again", async () => {
    const first = await deploy(example, "--env", "WORDS_MAX=2", "--memory", "256");
    expect(first).toMatchObject({ state: "active", variables: ["WORDS_MAX"] });
    expect(first.activeDigest).toBe(first.digest);
    // Elsewhere, later, and with what never belongs to a package: still the same bytes.
    const copy = join(directory, "copy");
    await cp(example, copy, { recursive: true });
    await cp("examples/functions", join(copy, ".git"), { recursive: true });
    const again = await deploy(copy, "--env", "WORDS_MAX=2", "--memory", "256");
    expect(again.digest).toBe(first.digest);
    const tried = await call(host.url, "POST", "/v1/functions/word-count/invoke", {
      input: { text },
    });
    expect(tried.body).toMatchObject({ outcome: "returned", output: two.output });
    expect(tried.body.log).toContain("counting the words of 18 characters");
  });

  it("runs as a task: in the executor, in a container's process and on a worker", async () => {
    const defined = await cli("define", "word-count", "examples/deploy/task.json");
    expect(defined.code, defined.stderr).toBe(0);
    expect(await submit({ backend: "local" })).toEqual(two);
    expect(await submit({ backend: "fargate" })).toEqual(two);
    expect(await submit({ backend: "edge" })).toEqual(two);
    await worker.end("SIGTERM");
  });

  it("stays with its version until the task is defined again, and goes back by deploying", async () => {
    const before = (await call<FunctionView>(host.url, "GET", "/v1/functions/word-count")).body;
    const next = await deploy(example, "--env", "WORDS_MAX=1", "--memory", "256");
    expect(next.digest).not.toBe(before.digest);
    expect(await submit({})).toEqual(two);
    await cli("define", "word-count", "examples/deploy/task.json");
    expect(await submit({})).toEqual(one);
    const back = await deploy(example, "--env", "WORDS_MAX=2", "--memory", "256");
    expect(back).toMatchObject({ digest: before.digest, activeDigest: before.digest });
    const listed = await cli("function", "word-count", "--versions", "--quiet");
    expect(listed.stdout.trim().split("\n").sort()).toEqual([before.digest, next.digest].sort());
    // Deployed four times, and each version has one.
    expect(await packagesKept()).toHaveLength(2);
  });

  it("says what is wrong with a package before anything runs it", async () => {
    const folder = join(directory, "wrong");
    await cp(example, folder, { recursive: true });
    await rm(join(folder, "index.mjs"));
    const ended = await cli("deploy", folder, "--name", "wrong", "--wait");
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain(
      'no index.js, index.mjs, index.cjs for its handler "index.handler"',
    );
    const bad = join(directory, "bad.zip");
    await writeFile(bad, "this is no zip file");
    expect((await cli("deploy", bad, "--name", "bad")).stdout).toContain("not a zip file");
    const defined = await call(host.url, "PUT", "/v1/tasks/wrong", {
      run: { package: { function: "wrong" } },
    });
    expect(defined).toMatchObject({ status: 409, body: { code: "function_not_ready" } });
  });

  it("survives a restart of the host, and is removed only when no task needs it", async () => {
    await host.end("SIGKILL");
    host = await startHost(["--data", join(directory, "data"), "--port", "0"]);
    expect(await submit({})).toEqual(one);
    const refused = await cli("function", "delete", "word-count");
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('task "word-count"');
    expect((await cli("function", "delete", "word-count", "--force")).code).toBe(0);
    expect((await cli("function", "word-count")).stderr).toContain("no deployed function");
    const gone = await submit({ backend: "local" });
    expect(gone).toMatchObject({ state: "failed" });
    await cli("function", "delete", "wrong");
    await cli("function", "delete", "bad");
    expect((await cli("functions", "--quiet")).stdout).toBe("");
    await expect(readFile(join(directory, "data/functions/default/word-count"))).rejects.toThrow();
    expect((await packagesKept()).length).toBe(0);
  });
});
