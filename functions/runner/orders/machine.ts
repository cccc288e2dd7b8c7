import { dirname, join } from "node:path";
import type { PackageOrder, WorkOrder } from "../../../shared/contract/http/work.ts";
import type { JsonValue } from "../../../shared/core/json.ts";
import type { AttemptOrder, AttemptReport } from "../../../shared/ports/backend.ts";
import type { Log } from "../../../shared/ports/log.ts";
import type { CodePlace } from "../../adapters/local/executor/code-place.ts";
import type { ExecutorBounds } from "../../adapters/local/executor/executor-bounds.ts";
import { GuardProcess } from "../../adapters/local/executor/guard-process.ts";
import {
  type LocalExecutor,
  openLocalExecutor,
} from "../../adapters/local/executor/local-executor.ts";
import { resolveModule } from "../../adapters/local/executor/resolve-module.ts";
import { type AttemptEnd, failedEnd } from "./attempt-end.ts";
import { attemptEnvironment } from "./attempt-environment.ts";
import { attemptOrderOf } from "./attempt-order.ts";
import { type CommandDeps, runCommand } from "./command-run.ts";
import { openPackageCache } from "./package-cache.ts";
import { runPythonPackage } from "./runtime-api/python-package.ts";
import { openFindPython } from "./runtime-api/python-program.ts";

export interface MachineOptions {
  /** Modules of function targets are below it. */
  readonly functionsRoot: string;
  /** The bundled runner; what other runtimes need of ours lies beside it. */
  readonly runnerPath: string;
  /** Where packages are unpacked; kept and shared. */
  readonly packagesFolder: string;
  /** Attempts at the same time; each has a process of its own. */
  readonly slots: number;
  /** Whether tasks may start programs of this machine. */
  readonly allowCommands: boolean;
  /** Between the signal that an attempt is to end and the end of its process. */
  readonly abortGraceMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly bounds?: Partial<ExecutorBounds>;
}

/** Runs attempts on this machine, whatever their target: function, package or command. */
export interface Machine {
  /**
   * Runs one attempt to its end, which it always has: this never rejects. Aborting the signal ends
   * it, first by asking the code, then by force.
   */
  run(
    order: WorkOrder,
    deadlineAtMs: number,
    onProgress: (progress: JsonValue) => void,
    signal: AbortSignal,
  ): Promise<AttemptEnd>;
  /** Ends what is left; resolves when no process is. */
  close(graceMs: number): Promise<void>;
}

interface Listener {
  readonly end: (end: AttemptEnd) => void;
  readonly progress: (progress: JsonValue) => void;
}

/** Opens the machine. It keeps no process while nothing runs for some seconds. */
export function openMachine(options: MachineOptions): Machine {
  const env = attemptEnvironment(options.env);
  const listeners = new Map<string, Listener>();
  const executor = openLocalExecutor({
    functionsRoot: options.functionsRoot,
    runnerPath: options.runnerPath,
    clock: { now: () => Date.now() },
    log: options.log,
    env,
    bounds: boundsFor(options),
    report: (reports) => {
      for (const report of reports) tell(listeners, report);
    },
  });
  const packages = openPackageCache(options.packagesFolder);
  const guard = new GuardProcess(options.log);
  const commands: CommandDeps = {
    env,
    guard,
    folder: options.functionsRoot,
    graceMs: options.abortGraceMs,
  };
  const clientPath = join(dirname(options.runnerPath), "python_client.py");
  const findPython = openFindPython(env, clientPath);
  return {
    async run(order, deadlineAtMs, onProgress, signal) {
      const { run } = order;
      const start = (code?: CodePlace) =>
        execute(executor, listeners, attemptOrderOf(order, deadlineAtMs), code, onProgress, signal);
      try {
        if (signal.aborted) return { outcome: "aborted" };
        if (run.function !== undefined && isHere(options, order)) return await start();
        if (run.package !== undefined) {
          if (order.package === undefined) {
            return failedEnd("missing_function", `"${run.package.function}" has no package to run`);
          }
          if (isPython(order.package)) {
            const watch = { ...commands, deadlineAtMs, signal, packages, findPython };
            return await runPythonPackage(order, order.package, watch);
          }
          const opened = await packages.open(order.package);
          if (opened.outcome === "failed") return { outcome: "failed", error: opened.error };
          return await start(opened.code);
        }
        if (run.command === undefined) return failedEnd("missing_function", noTarget(order));
        if (!options.allowCommands) return failedEnd("missing_permission", commandsForbidden);
        return await runCommand(order, deadlineAtMs, commands, signal);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return failedEnd("backend_fault", `the runner itself failed: ${why}`);
      }
    },
    close: (graceMs) => executor.close(graceMs),
  };
}

function isPython({ runtime }: PackageOrder): boolean {
  return runtime.startsWith("python");
}

const commandsForbidden =
  "this worker does not start programs; it must be started with --allow-commands for that";

/** A function is preferred where its module is; where it is not, another target may serve. */
function isHere({ functionsRoot }: MachineOptions, { run, package: code }: WorkOrder): boolean {
  const { function: target, command } = run;
  if (target === undefined) return false;
  if (code === undefined && command === undefined) return true;
  return resolveModule(functionsRoot, target.module).outcome === "found";
}

function noTarget({ task, run }: WorkOrder): string {
  return `task "${task}" names nothing that can run here; it has ${Object.keys(run).join(", ")}`;
}

/** One attempt per process, as on Lambda: what it uses is its own, and so is what it breaks. */
function boundsFor({ slots, abortGraceMs, bounds }: MachineOptions): Partial<ExecutorBounds> {
  return {
    inFlightPerRunnerMax: 1,
    runnersPerTaskMax: slots,
    runnersMax: slots,
    // Aborted code may still be about while others begin.
    runnersMaxBusy: 2 * slots,
    backlogMsMax: 10,
    abortGraceMs,
    ...bounds,
  };
}

async function execute(
  executor: LocalExecutor,
  listeners: Map<string, Listener>,
  order: AttemptOrder,
  code: CodePlace | undefined,
  onProgress: (progress: JsonValue) => void,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const { attemptId } = order;
  // Handed out twice: the first one speaks for it.
  if ((await executor.inspect(order)) !== "unknown") return { outcome: "aborted" };
  let end: (end: AttemptEnd) => void = () => undefined;
  const ended = new Promise<AttemptEnd>((resolve) => {
    end = resolve;
  });
  listeners.set(attemptId, { end, progress: onProgress });
  const abort = (): void => {
    void executor.stop(order);
    end({ outcome: "aborted" });
  };
  signal.addEventListener("abort", abort);
  try {
    const started = await executor.start(order, code);
    if (started.outcome !== "accepted") return { outcome: "failed", error: started.error };
    if (signal.aborted) abort();
    return await ended;
  } finally {
    signal.removeEventListener("abort", abort);
    listeners.delete(attemptId);
  }
}

function tell(listeners: ReadonlyMap<string, Listener>, report: AttemptReport): void {
  const listener = listeners.get(report.attemptId);
  if (listener === undefined) return;
  switch (report.kind) {
    case "started":
      return;
    case "heartbeat":
      if (report.progress !== undefined) listener.progress(report.progress);
      return;
    case "succeeded": {
      const { output, outputRef, usage, startedAtMs, log } = report;
      listener.end({
        outcome: "succeeded",
        ...(output === undefined ? {} : { output }),
        ...(outputRef === undefined
          ? {}
          : { outputRef: { bytes: outputRef.bytes, sha256: outputRef.sha256 } }),
        ...defined({ usage, startedAtMs, log }),
      });
      return;
    }
    case "failed": {
      const { error, usage, startedAtMs, log } = report;
      listener.end({ outcome: "failed", error, ...defined({ usage, startedAtMs, log }) });
    }
  }
}

type Seen = Pick<Extract<AttemptReport, { kind: "failed" }>, "usage" | "startedAtMs" | "log">;

/** Without the members that are not there. */
function defined({
  usage,
  startedAtMs,
  log,
}: { [Key in keyof Seen]: Seen[Key] | undefined }): Seen {
  return {
    ...(usage === undefined ? {} : { usage }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(log === undefined ? {} : { log }),
  };
}
