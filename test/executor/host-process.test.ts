import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bundle } from "./local-yard.ts";
import { isRunning } from "./process-state.ts";

/** A host that starts one attempt, prints what is reported, and has nothing else to live for. */
const hostCode = `
  import { openLocalExecutor } from ${JSON.stringify(resolve("functions/adapters/local/executor/local-executor.ts"))};
  const [functionsRoot, runnerPath, name] = process.argv.slice(2);
  const ignore = () => undefined;
  const executor = openLocalExecutor({
    functionsRoot,
    runnerPath,
    clock: { now: () => Date.now() },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    bounds: { idleExitMs: 50 },
    report: (reports) => { for (const report of reports) console.log(JSON.stringify(report)); },
  });
  await executor.start({
    tenant: "default", instanceId: "ins_1", attemptId: "att_1", attempt: 1, token: "t", task: "task",
    taskVersion: 1, run: { function: { module: "task.mjs", export: name } }, priority: 5,
    timeoutMs: 60_000, deadlineAtMs: Date.now() + 60_000,
  });
`;

const taskCode = `
  import { writeFileSync } from "node:fs";
  export const pid = () => process.pid;
  export const spin = () => { writeFileSync("spinning", String(process.pid)); console.log("pid " + process.pid); for (;;); };
`;

let folder: string;
let functionsRoot: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-host-"));
  functionsRoot = join(folder, "functions");
  await mkdir(functionsRoot);
  await writeFile(join(functionsRoot, "task.mjs"), taskCode);
  await writeFile(join(folder, "host.ts"), hostCode);
  await bundle("functions/runner/runner.ts", join(folder, "runner.mjs"));
  await bundle(join(folder, "host.ts"), join(folder, "host.mjs"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function startHost(name: string): ChildProcess {
  const args = [join(folder, "host.mjs"), functionsRoot, join(folder, "runner.mjs"), name];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

async function nextReport(host: ChildProcess): Promise<{ kind: string; output?: unknown }> {
  if (host.stdout === null) throw new Error("the host has no output");
  const [line] = await once(createInterface(host.stdout), "line");
  return JSON.parse(String(line));
}

describe("a host with this executor", () => {
  it("has nothing left running when it is idle: no process, no timer keeps it alive", async () => {
    const host = startHost("pid");
    const report = await nextReport(host);
    expect(report).toMatchObject({ kind: "succeeded", output: expect.any(Number) });
    const [code] = await once(host, "exit");
    expect(code).toBe(0);
    expect(isRunning(Number(report.output))).toBe(false);
  });

  it("that is killed takes its processes along, even one in an endless loop", async () => {
    const host = startHost("spin");
    expect(await nextReport(host)).toMatchObject({ kind: "started" });
    const pid = Number(await readWhenThere(join(functionsRoot, "spinning")));
    expect(isRunning(pid)).toBe(true);
    host.kill("SIGKILL");
    await once(host, "exit");
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 10_000);
  });
});

async function readWhenThere(file: string): Promise<string> {
  return vi.waitFor(() => readFile(file, "utf8"), 10_000);
}
