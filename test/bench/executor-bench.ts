import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import {
  type LocalExecutor,
  openLocalExecutor,
} from "../../functions/adapters/local/executor/local-executor.ts";
import type { AttemptOrder, AttemptReport } from "../../shared/ports/backend.ts";

/**
 * How fast the local executor moves attempts that do nothing through one child process.
 * Usage: npx tsx test/bench/executor-bench.ts [attempts]
 */
const attempts = Number(process.argv[2] ?? 200_000);
const inFlightMax = 2_000;
const sequential = 5_000;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-bench-"));
  const runnerPath = join(folder, "runner.mjs");
  await build({
    entryPoints: ["functions/runner/runner.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile: runnerPath,
    logLevel: "error",
  });
  await writeFile(join(folder, "noop.mjs"), "export const handler = async () => undefined;\n");
  const ended = new Map<string, (report: AttemptReport) => void>();
  const executor = openLocalExecutor({
    functionsRoot: folder,
    runnerPath,
    clock: { now: () => Date.now() },
    log: silentLog,
    bounds: { runnersPerTaskMax: 1 },
    report: (reports) => {
      for (const report of reports) {
        if (report.kind !== "succeeded" && report.kind !== "failed") continue;
        const resolve = ended.get(report.attemptId);
        ended.delete(report.attemptId);
        resolve?.(report);
      }
    },
  });
  let made = 0;
  const run = (): Promise<AttemptReport> => {
    made += 1;
    const order = noopOrder(made);
    return new Promise((resolve) => {
      ended.set(order.attemptId, resolve);
      void executor.start(order);
    });
  };
  const coldMs = await timed(run);
  say(`first attempt, process started for it: ${coldMs.toFixed(0)} ms`);
  await throughput(run, 50_000);
  for (let round = 1; round <= 3; round++) print(await throughput(run, attempts));
  await latency(run);
  await memory(executor, run);
  await executor.close(1_000);
  await rm(folder, { recursive: true });
}

interface Throughput {
  readonly perSecond: number;
  readonly hostCpuUs: number;
}

/** Keeps so many attempts in flight until all are done. */
async function throughput(run: () => Promise<AttemptReport>, total: number): Promise<Throughput> {
  const cpu = process.cpuUsage();
  const sinceMs = performance.now();
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < total) {
      started += 1;
      const report = await run();
      if (report.kind !== "succeeded") throw new Error(JSON.stringify(report));
    }
  };
  await Promise.all(Array.from({ length: inFlightMax }, lane));
  const seconds = (performance.now() - sinceMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: total / seconds,
    hostCpuUs: (user + system) / total,
  };
}

function print({ perSecond, hostCpuUs }: Throughput): void {
  say(
    `${attempts} no-op attempts: ${Math.round(perSecond)} per second, ${hostCpuUs.toFixed(1)} µs of CPU each in the host`,
  );
}

async function latency(run: () => Promise<AttemptReport>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < sequential; i++) times.push(await timed(run));
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(3);
  say(`one at a time, start to report: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}

async function memory(executor: LocalExecutor, run: () => Promise<AttemptReport>): Promise<void> {
  const report = await run();
  const childMb = "usage" in report ? report.usage?.memoryMbPeak : undefined;
  const hostMb = Math.round(process.memoryUsage.rss() / 1_048_576);
  say(`memory: host ${hostMb} MB, child ${childMb} MB, ${executor.processes()} process`);
}

async function timed(run: () => Promise<AttemptReport>): Promise<number> {
  const sinceMs = performance.now();
  await run();
  return performance.now() - sinceMs;
}

function noopOrder(number: number): AttemptOrder {
  return {
    tenant: "default",
    instanceId: `ins_${number}`,
    attemptId: `att_${number}`,
    attempt: 1,
    token: `token-${number}`,
    task: "noop",
    taskVersion: 1,
    run: { function: { module: "noop.mjs", export: "handler" } },
    input: { number },
    priority: 5,
    timeoutMs: 300_000,
    deadlineAtMs: Date.now() + 300_000,
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ignore = () => undefined;
const silentLog = { debug: ignore, info: ignore, warn: ignore, error: ignore };

await main();
