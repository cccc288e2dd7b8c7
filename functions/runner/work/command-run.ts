import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import type { JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import { truncateUtf8 } from "../../../shared/core/texts.ts";
import type { AttemptError } from "../../../shared/instance/instance.ts";
import type { GuardProcess } from "../../adapters/local/executor/guard-process.ts";
import { residentMb } from "../../adapters/local/executor/resident-memory.ts";
import { putAway, withInputs } from "../payload-transfer.ts";
import { type AttemptEnd, failedEnd } from "./attempt-end.ts";
import { CommandLog } from "./command-log.ts";

export interface CommandDeps {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly guard: GuardProcess;
  /** Between being asked to end and being made to. */
  readonly graceMs: number;
}

type Ending = "timeout" | "aborted" | "memory";

const lookEveryMs = 100;

/**
 * Runs a program for an attempt: the envelope on its standard input, its exit code as the verdict,
 * and as output whatever JSON it wrote into the file that SWITCHYARD_OUTPUT names. The file and its
 * folder are gone afterwards, whatever happened.
 */
export async function runCommand(
  order: WorkOrder,
  deadlineAtMs: number,
  deps: CommandDeps,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const scratch = await mkdtemp(join(tmpdir(), "switchyard-command-"));
  try {
    return await runIn(scratch, order, deadlineAtMs, deps, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runIn(
  scratch: string,
  order: WorkOrder,
  deadlineAtMs: number,
  deps: CommandDeps,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const [program = "", ...args] = order.run.command?.argv ?? [];
  const outputFile = join(scratch, "output.json");
  const envelope = await withInputs(order.envelope, signal);
  const startedAtMs = Date.now();
  const sinceMs = performance.now();
  const child = spawn(program, args, {
    cwd: deps.folder,
    env: { ...deps.env, ...variablesOf(order, outputFile) },
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, so that what it starts ends with it.
    detached: true,
  });
  const log = new CommandLog(child.stdout, child.stderr);
  // A program that does not read its input is in its right.
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(envelope));
  if (child.pid !== undefined) deps.guard.watch(child.pid);
  const watch = watchLimits(child, order, deadlineAtMs, deps.graceMs, signal);
  const exit = await exitOf(child);
  watch.end();
  if (child.pid !== undefined) deps.guard.forget(child.pid);
  const logText = await log.end();
  if (watch.ending() === "aborted") return { outcome: "aborted" };
  const seen = {
    usage: {
      durationMs: Math.round(performance.now() - sinceMs),
      ...(watch.memoryMbPeak() === 0 ? {} : { memoryMbPeak: watch.memoryMbPeak() }),
    },
    startedAtMs,
    ...(logText === "" ? {} : { log: logText }),
  };
  const error = errorOf(exit, watch.ending(), order, log.lastLines());
  if (error !== undefined) return { ...seen, outcome: "failed", error };
  return { ...seen, ...(await outputOf(outputFile, order.envelope.outputs_url?.url, signal)) };
}

function variablesOf(order: WorkOrder, outputFile: string): Readonly<Record<string, string>> {
  const { envelope } = order;
  const { trace } = envelope;
  return {
    SWITCHYARD_TENANT: envelope.instance.tenant,
    SWITCHYARD_TASK: order.task,
    SWITCHYARD_TASK_VERSION: String(order.taskVersion),
    SWITCHYARD_INSTANCE_ID: order.instanceId,
    SWITCHYARD_ATTEMPT_ID: order.attemptId,
    SWITCHYARD_ATTEMPT: String(order.attempt),
    SWITCHYARD_DEADLINE: envelope.deadline,
    SWITCHYARD_OUTPUT: outputFile,
    ...(trace === undefined ? {} : { TRACEPARENT: trace.traceparent }),
    ...(trace?.tracestate === undefined ? {} : { TRACESTATE: trace.tracestate }),
    ...(trace?.baggage === undefined ? {} : { BAGGAGE: trace.baggage }),
  };
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly spawnError?: NodeJS.ErrnoException;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.on("error", (spawnError) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, spawnError });
    });
    child.on("exit", (code, signal) => {
      killGroup(child, "SIGKILL");
      resolve({ code, signal });
    });
  });
}

/** Ends the program when its time is up, when it takes too much memory, or when nobody wants it. */
function watchLimits(
  child: ChildProcess,
  { timeoutMs, memoryMb }: WorkOrder,
  deadlineAtMs: number,
  graceMs: number,
  signal: AbortSignal,
) {
  let ending: Ending | undefined;
  let memoryMbPeak = 0;
  let killTimer: NodeJS.Timeout | undefined;
  const endFor = (reason: Ending): void => {
    if (ending !== undefined) return;
    ending = reason;
    killGroup(child, reason === "memory" ? "SIGKILL" : "SIGTERM");
    killTimer = setTimeout(() => killGroup(child, "SIGKILL"), graceMs);
  };
  const abort = (): void => endFor("aborted");
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  const endsAtMs = Math.min(deadlineAtMs, Date.now() + timeoutMs);
  const look = setInterval(() => {
    if (Date.now() >= endsAtMs) endFor("timeout");
    const usedMb = child.pid === undefined ? undefined : residentMb(child.pid);
    if (usedMb === undefined) return;
    memoryMbPeak = Math.max(memoryMbPeak, Math.ceil(usedMb));
    if (memoryMb !== undefined && usedMb > memoryMb) endFor("memory");
  }, lookEveryMs);
  return {
    ending: () => ending,
    memoryMbPeak: () => memoryMbPeak,
    end(): void {
      clearInterval(look);
      clearTimeout(killTimer);
      signal.removeEventListener("abort", abort);
    },
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, or the platform has none; the process itself may still be there.
    child.kill(signal);
  }
}

function errorOf(
  exit: Exit,
  ending: Ending | undefined,
  { timeoutMs, memoryMb, run }: WorkOrder,
  lastLines: string,
): AttemptError | undefined {
  if (exit.spawnError !== undefined) return spawnFailure(exit.spawnError, run.command?.argv[0]);
  if (ending === "timeout") {
    return { class: "timeout", message: `no result within ${timeoutMs} ms; it was ended` };
  }
  if (ending === "memory") {
    return { class: "out_of_memory", message: `it used more than its ${memoryMb} MB of memory` };
  }
  if (exit.code === 0) return undefined;
  const words = lastLines === "" ? "" : `; it last wrote: ${lastLines}`;
  if (exit.code === null) {
    return { class: "crash", message: `the command was ended by ${exit.signal}${words}` };
  }
  const message = `the command ended with exit code ${exit.code}${words}`;
  return {
    class: "error",
    message: truncateUtf8(message, limits.errorMessageBytesMax),
    name: "ExitCode",
  };
}

function spawnFailure(error: NodeJS.ErrnoException, program = ""): AttemptError {
  const missing = error.code === "ENOENT" || error.code === "EACCES";
  const message = missing
    ? `this worker has no program "${program}" that it may start (${error.code})`
    : `the command could not be started: ${error.message}`;
  return { class: missing ? "missing_function" : "backend_fault", message };
}

/** Large outputs go where the envelope says, as they are. */
async function outputOf(
  file: string,
  url: string | undefined,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const facts = await stat(file).catch(noFile);
  if (facts === undefined) return { outcome: "succeeded" };
  const bytesMax = url === undefined ? limits.outputBytesMax : limits.payloadBytesMax;
  if (facts.size > bytesMax) {
    const message = `the output is ${facts.size} bytes; at most ${bytesMax} are kept`;
    return failedEnd("invalid_output", message);
  }
  const text = await readFile(file, "utf8");
  let output: JsonValue;
  try {
    output = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failedEnd("invalid_output", `what it wrote as output is not JSON: ${why}`);
  }
  if (url === undefined || facts.size <= limits.outputBytesMax) {
    return { outcome: "succeeded", output };
  }
  return { outcome: "succeeded", outputRef: await putAway(url, text, signal) };
}

/** Not every program has an output; what else is wrong with the file shows when it is read. */
function noFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
