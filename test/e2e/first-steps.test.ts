import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dynoxideAvailable } from "../../functions/runtime/dynoxide.ts";
import { type HostProcess, startHost } from "./host-process.ts";
import { call, finishedInstances } from "./http.ts";

const run = promisify(execFile);

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function program(file: string, args: readonly string[]): Promise<Finished> {
  try {
    return { code: 0, ...(await run(process.execPath, [file, ...args])) };
  } catch (error) {
    return error as Finished;
  }
}

const cli = (host: HostProcess, ...args: string[]): Promise<Finished> =>
  program("client/bin/switchyard.mjs", [...args, "--server", host.url]);

describe("a newcomer's first steps", () => {
  let directory: string;
  let host: HostProcess;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "switchyard-steps-"));
    host = await startHost(["--data", directory, "--port", "0"]);
  });
  afterAll(async () => {
    await host.end("SIGTERM");
    await rm(directory, { recursive: true, force: true });
  });

  it("prints what to try next", () => {
    expect(host.output()).toContain("Example tasks:");
    expect(host.output()).toContain("npx switchyard submit hello name=Ada --wait");
  });

  it("submits a task from the CLI and sees it succeed, with receipt, history and log", async () => {
    const submitted = await cli(host, "submit", "hello", "name=Ada", "--wait", "--json");
    expect(submitted.code).toBe(0);
    const instance = JSON.parse(submitted.stdout) as { id: string; state: string; output: unknown };
    expect(instance).toMatchObject({ state: "succeeded", output: { greeting: "Hello, Ada!" } });
    const history = await cli(host, "history", instance.id);
    expect(history.stdout).toMatch(/succeeded/);
    const routing = await cli(host, "routing", instance.id);
    expect(routing.stdout).toMatch(/local/);
    const logs = await cli(host, "logs", instance.id);
    expect(logs.code).toBe(0);
    expect(logs.stdout).toMatch(/Ada/);
  });

  it("submits with plain HTTP and waits for the result", async () => {
    const submitted = await call<{ id: string; state: string }>(host.url, "POST", "/v1/instances", {
      task: "hello",
      input: { name: "Grace" },
    });
    expect(submitted.status).toBe(202);
    expect(submitted.body.state).toBe("dispatched");
    const [finished] = await finishedInstances(host.url, [submitted.body.id]);
    expect(finished).toMatchObject({ state: "succeeded", output: { greeting: "Hello, Grace!" } });
  });

  it("retries a flaky task until it succeeds", async () => {
    const done = await cli(host, "submit", "flaky", "failures=2", "--wait", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({ state: "succeeded", attemptCount: 3 });
  });

  it("tells crash, memory and time apart, and stays up", async () => {
    const outcomes = await Promise.all(
      ["crash", "hog", "spin"].map(async (task) => {
        const done = await cli(host, "submit", task, "--wait", "--json");
        const { state, error } = JSON.parse(done.stdout) as {
          state: string;
          error: { class: string };
        };
        return [task, done.code, state, error.class];
      }),
    );
    expect(outcomes).toEqual([
      ["crash", 1, "failed", "crash"],
      ["hog", 1, "failed", "out_of_memory"],
      ["spin", 1, "timed_out", "timeout"],
    ]);
    expect((await call(host.url, "GET", "/v1/health")).status).toBe(200);
  });

  it("finds nothing wrong afterwards", async () => {
    const doctor = await cli(host, "doctor");
    expect(doctor.code, doctor.stdout + doctor.stderr).toBe(0);
  });
});

describe("starting the host", () => {
  it("takes the next free port when nobody asked for a certain one, and says so", async () => {
    const blocker = createServer().listen(4_700, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve).once("error", resolve));
    const host = await startHost(["--memory", "--no-examples"]);
    expect(host.output()).toMatch(/port 4700 is taken/);
    expect(await host.end("SIGTERM")).toBe(0);
    await new Promise((resolve) => blocker.close(resolve));
  });

  it("refuses a taken port that was asked for", async () => {
    const first = await startHost(["--memory", "--no-examples", "--port", "0"]);
    const { port } = new URL(first.url);
    const second = await program("dist/local/host.mjs", ["--memory", "--port", port]);
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toMatch(/is taken by another program; stop it, or choose another/);
    await first.end("SIGTERM");
  });

  it("refuses a data directory that another host holds", async () => {
    const directory = await mkdtemp(join(tmpdir(), "switchyard-lock-"));
    const first = await startHost(["--data", directory, "--no-examples", "--port", "0"]);
    const second = await program("dist/local/host.mjs", ["--data", directory, "--port", "0"]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(directory);
    await first.end("SIGTERM");
    await rm(directory, { recursive: true, force: true });
  });

  it.each([
    [["--prot", "1"], /did you mean --port/],
    [["--port", "many"], /--port: must be a number/],
    [["--memory", "--store", "embedded"], /contradict each other/],
    [["--functions", "nowhere"], /nowhere does not exist/],
  ])("explains the wrong options %j", async (args, message) => {
    const wrong = await program("dist/local/host.mjs", args);
    expect(wrong.code).toBeGreaterThan(0);
    expect(wrong.stderr).toMatch(message);
  });

  it.skipIf(!dynoxideAvailable())(
    "runs on a DynamoDB-compatible server, and keeps its data",
    async () => {
      const directory = await mkdtemp(join(tmpdir(), "switchyard-dynamodb-"));
      const args = ["--store", "dynamodb", "--data", directory, "--port", "0"];
      const first = await startHost(args);
      const { body } = await call<{ id: string }>(first.url, "POST", "/v1/instances", {
        task: "hello",
        input: { name: "Edsger" },
      });
      const [done] = await finishedInstances(first.url, [body.id]);
      expect(done?.state).toBe("succeeded");
      await first.end("SIGTERM");
      const second = await startHost(args);
      const kept = await call(second.url, "GET", `/v1/instances/${body.id}`);
      expect(kept.body).toMatchObject({ state: "succeeded" });
      await second.end("SIGTERM");
      await rm(directory, { recursive: true, force: true });
    },
  );
});
