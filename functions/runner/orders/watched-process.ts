import { type ChildProcess, spawn } from "node:child_process";
import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import type { AttemptError, AttemptUsage } from "../../../shared/instance/instance.ts";
import type { GuardProcess } from "../../adapters/local/executor/guard-process.ts";
import { residentMb } from "../../adapters/local/executor/resident-memory.ts";
import { CommandLog } from "./command-log.ts";

/** A program to be run for an attempt. */
export interface ProgramStart {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly input?: string;
}

export interface WatchOptions {
  readonly deadlineAtMs: number;
  readonly guard: GuardProcess;
  /** Between being asked to end and being made to. */
  readonly graceMs: number;
  readonly signal: AbortSignal;
  /** Called when the program is made to end; what it says from then on is too late. */
  readonly onEnding?: () => void;
  /** Settles when nothing more is wanted of the program, which is then killed if it still runs. */
  readonly enough?: Promise<void>;
}

/** Why a program was made to end. */
export type Ending = "timeout" | "aborted" | "memory";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly spawnError?: NodeJS.ErrnoException;
}

/** How a program went, whoever ended it. */
export interface WatchedEnd {
  readonly exit: Exit;
  readonly ending: Ending | undefined;
  /** The last lines of its standard error. */
  readonly lastLines: string;
  readonly seen: {
    readonly usage: AttemptUsage;
    readonly startedAtMs: number;
    readonly log?: string;
  };
}

const lookEveryMs = 100;

/**
 * Runs a program to its end in a process group of its own, so that what it starts ends with it:
 * with its log, and within the time and the memory of the order.
 */
export async function runWatched(
  start: ProgramStart,
  order: WorkOrder,
  options: WatchOptions,
): Promise<WatchedEnd> {
  const { guard } = options;
  const startedAtMs = Date.now();
  const sinceMs = performance.now();
  const child = spawn(start.program, [...start.args], {
    cwd: start.folder,
    env: start.env,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const log = new CommandLog(child.stdout, child.stderr);
  // A program that does not read its input is in its right.
  child.stdin.on("error", () => undefined);
  child.stdin.end(start.input);
  if (child.pid !== undefined) guard.watch(child.pid);
  const watch = watchLimits(child, order, options);
  const exited = exitOf(child);
  void options.enough?.then(() => {
    watch.end();
    killGroup(child, "SIGKILL");
  });
  const exit = await exited;
  const durationMs = Math.round(performance.now() - sinceMs);
  watch.end();
  if (child.pid !== undefined) guard.forget(child.pid);
  const text = await log.end();
  const memoryMbPeak = watch.memoryMbPeak();
  return {
    exit,
    ending: watch.ending(),
    lastLines: log.lastLines(),
    seen: {
      usage: { durationMs, ...(memoryMbPeak === 0 ? {} : { memoryMbPeak }) },
      startedAtMs,
      ...(text === "" ? {} : { log: text }),
    },
  };
}

/** The failure of a program that had to be ended. */
export function errorOfEnding(
  ending: Ending | undefined,
  { timeoutMs, memoryMb }: WorkOrder,
): AttemptError | undefined {
  if (ending === "timeout") {
    return { class: "timeout", message: `no result within ${timeoutMs} ms; it was ended` };
  }
  if (ending === "memory") {
    return { class: "out_of_memory", message: `it used more than its ${memoryMb} MB of memory` };
  }
  return undefined;
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
  { deadlineAtMs, graceMs, signal, onEnding }: WatchOptions,
) {
  let ending: Ending | undefined;
  let memoryMbPeak = 0;
  let killTimer: NodeJS.Timeout | undefined;
  const endFor = (reason: Ending): void => {
    if (ending !== undefined) return;
    ending = reason;
    onEnding?.();
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
