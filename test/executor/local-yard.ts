import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { ExecutorBounds } from "../../functions/adapters/local/executor/executor-bounds.ts";
import {
  type LocalExecutor,
  openLocalExecutor,
} from "../../functions/adapters/local/executor/local-executor.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import type { AttemptOrder, AttemptReport } from "../../shared/ports/backend.ts";

export type FinalReport = Extract<AttemptReport, { kind: "succeeded" | "failed" }>;
export type FailedReport = Extract<AttemptReport, { kind: "failed" }>;

export interface OrderOptions {
  readonly module?: string;
  readonly export?: string;
  readonly input?: JsonValue;
  readonly task?: string;
  readonly taskVersion?: number;
  readonly instanceId?: string;
  readonly attemptId?: string;
  readonly attempt?: number;
  readonly memoryMb?: number;
  readonly priority?: number;
  readonly startByMs?: number;
  readonly timeoutMs?: number;
  readonly deadlineAtMs?: number;
}

/** A real executor over real child processes in a folder of its own, and all it has reported. */
export interface LocalYard {
  readonly executor: LocalExecutor;
  readonly folder: string;
  readonly functionsRoot: string;
  readonly reports: AttemptReport[];
  /** How many batches the reports came in. */
  readonly batches: AttemptReport[][];
  /** What was logged, as "message reason". */
  readonly logged: string[];
  order(options?: OrderOptions): AttemptOrder;
  /** Starts an attempt and waits for its final report. */
  run(options?: OrderOptions): Promise<FinalReport>;
  /** The final report of an attempt started otherwise. */
  finalOf(attemptId: string): Promise<FinalReport>;
  /** Waits for a report, past or future. */
  seen(matches: (report: AttemptReport) => boolean): Promise<AttemptReport>;
  writeModule(name: string, code: string): Promise<void>;
  close(): Promise<void>;
}

const longMs = 60_000;

export async function openYard(
  modules: Readonly<Record<string, string>>,
  bounds: Partial<ExecutorBounds> = {},
): Promise<LocalYard> {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-executor-"));
  const functionsRoot = join(folder, "functions");
  const runnerPath = await bundle("functions/runner/runner.ts", join(folder, "runner.mjs"));
  const writeModule = async (name: string, code: string): Promise<void> => {
    await mkdir(dirname(join(functionsRoot, name)), { recursive: true });
    await writeFile(join(functionsRoot, name), code);
  };
  await mkdir(functionsRoot);
  for (const [name, code] of Object.entries(modules)) await writeModule(name, code);

  const reports: AttemptReport[] = [];
  const batches: AttemptReport[][] = [];
  const logged: string[] = [];
  const waiting = new Set<(report: AttemptReport) => void>();
  const note = (message: string, fields: { reason?: unknown } = {}): void => {
    logged.push(`${message} ${fields.reason ?? ""}`);
  };
  const executor = openLocalExecutor({
    functionsRoot,
    runnerPath,
    clock: { now: () => Date.now() },
    log: { debug: note, info: note, warn: note, error: note },
    bounds: { unresponsiveMsMax: 800, ...bounds },
    report: (batch) => {
      batches.push([...batch]);
      for (const report of batch) {
        reports.push(report);
        for (const look of waiting) look(report);
      }
    },
  });
  const yard: LocalYard = {
    executor,
    folder,
    functionsRoot,
    reports,
    batches,
    logged,
    order: makeOrder,
    run: async (options) => {
      const order = makeOrder(options);
      const final = yard.finalOf(order.attemptId);
      const started = await executor.start(order);
      if (started.outcome !== "accepted") throw new Error(JSON.stringify(started));
      return final;
    },
    finalOf: async (attemptId) => {
      const report = await yard.seen((one) => isFinal(one) && one.attemptId === attemptId);
      if (!isFinal(report)) throw new Error("not a final report");
      return report;
    },
    seen: (matches) =>
      new Promise((resolve) => {
        const past = reports.find(matches);
        if (past !== undefined) return resolve(past);
        const look = (report: AttemptReport): void => {
          if (!matches(report)) return;
          waiting.delete(look);
          resolve(report);
        };
        waiting.add(look);
      }),
    writeModule,
    close: async () => {
      await executor.close(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return yard;
}

/** Bundles one entry the way the build does. */
export async function bundle(entry: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile,
    logLevel: "error",
  });
  return outfile;
}

export function isFinal(report: AttemptReport): report is FinalReport {
  return report.kind === "succeeded" || report.kind === "failed";
}

/** The error of a final report; throws when it succeeded. */
export function errorOf(report: FinalReport): FailedReport["error"] {
  if (report.kind !== "failed") throw new Error(`it succeeded: ${JSON.stringify(report)}`);
  return report.error;
}

/** The output of a final report; throws when it failed. */
export function outputOf(report: FinalReport): JsonValue | undefined {
  if (report.kind !== "succeeded") throw new Error(`it failed: ${JSON.stringify(report)}`);
  return report.output;
}

function makeOrder(options: OrderOptions = {}): AttemptOrder {
  const { input, memoryMb, startByMs } = options;
  const id = randomUUID();
  return {
    tenant: "default",
    instanceId: options.instanceId ?? `ins_${id}`,
    attemptId: options.attemptId ?? `att_${id}`,
    attempt: options.attempt ?? 1,
    token: `token-${id}`,
    task: options.task ?? "task",
    taskVersion: options.taskVersion ?? 1,
    run: {
      function: { module: options.module ?? "task.mjs", export: options.export ?? "handler" },
    },
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(input === undefined ? {} : { input }),
    priority: options.priority ?? 5,
    ...(startByMs === undefined ? {} : { startByMs }),
    timeoutMs: options.timeoutMs ?? longMs,
    deadlineAtMs: options.deadlineAtMs ?? Date.now() + longMs,
  };
}
