import { type ChildProcess, spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { lastBytes } from "../../../runner/bounded-log.ts";
import { LineSplitter } from "../../../runner/line-splitter.ts";
import {
  type FromRunner,
  lineCharsMax,
  type RunnerSetup,
  runnerInputFd,
  runnerOutputFd,
} from "../../../runner/protocol.ts";
import { killGroup } from "../kill-group.ts";
import { parseRunnerLine } from "./runner-messages.ts";

const stderrTailBytesMax = 4 * 1024;
/** Output that bypasses the runner is read at this pace; a faster writer waits. */
const floodBytesMax = 1024 * 1024;
const floodPauseMs = 100;
/** After a process has ended, its pipes get this long to be read empty. */
const drainMsMax = 250;

export interface RunnerEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The system refused to start the process. */
  readonly spawnError?: Error;
  /** The last of what reached the process's standard error past the runner. */
  readonly stderrTail: string;
}

export interface RunnerProcessEvents {
  onMessages(messages: readonly FromRunner[]): void;
  /** Something that is not a runner wrote into the channel. */
  onBroken(): void;
  /** Output that reached the process's own descriptors, past the runner. */
  onOutput(text: string): void;
  /** Exactly once, after everything else. */
  onEnd(end: RunnerEnd): void;
}

export interface RunnerProcessOptions {
  readonly runnerPath: string;
  readonly setup: RunnerSetup;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A running runner: one child process and its pipes. It knows nothing of attempts. */
export interface RunnerProcess {
  readonly pid: number | undefined;
  send(line: string): void;
  /** Asks it to end; what still runs in it is lost. */
  finish(): void;
  /** Ends it, and what it has started, at once. */
  kill(): void;
}

/** Starts a runner in a process group of its own, so that what it starts can be ended with it. */
export function startRunnerProcess(
  { runnerPath, setup, folder, env }: RunnerProcessOptions,
  events: RunnerProcessEvents,
): RunnerProcess {
  const { memoryMb } = setup;
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${memoryMb}`,
      `--max-semi-space-size=${Math.max(1, Math.min(16, Math.floor(memoryMb / 16)))}`,
      runnerPath,
      JSON.stringify(setup),
    ],
    { stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"], cwd: folder, env, detached: true },
  );
  const input = child.stdio[runnerInputFd];
  const stderrTail = watchOutput(child, events);
  watchChannel(child, events);
  watchEnd(child, stderrTail, events);
  return {
    pid: child.pid,
    send: (line) => {
      if (input instanceof Writable) input.write(line);
    },
    finish: () => {
      if (input instanceof Writable) input.end();
    },
    kill: () => killGroup(child),
  };
}

function watchChannel(child: ChildProcess, events: RunnerProcessEvents): void {
  const input = child.stdio[runnerInputFd];
  const output = child.stdio[runnerOutputFd];
  // Errors of either pipe mean that the process is going, which its end will tell.
  input?.on("error", () => undefined);
  if (input instanceof Readable) input.resume();
  if (!(output instanceof Readable)) return;
  const splitter = new LineSplitter();
  let broken = false;
  output.setEncoding("utf8");
  output.on("error", () => undefined);
  output.on("data", (chunk: string) => {
    if (broken) return;
    for (const line of splitter.push(chunk)) {
      const messages = parseRunnerLine(line);
      broken ||= messages === undefined;
      if (messages === undefined) break;
      events.onMessages(messages);
    }
    broken ||= splitter.pendingChars > lineCharsMax;
    if (broken) events.onBroken();
  });
}

/** Reads what bypasses the runner; answers with a way to see the last of standard error. */
function watchOutput(child: ChildProcess, events: RunnerProcessEvents): () => string {
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    let windowBytes = 0;
    stream.setEncoding("utf8");
    stream.on("error", () => undefined);
    stream.on("data", (chunk: string) => {
      if (stream === child.stderr) tail = lastBytes(tail + chunk, stderrTailBytesMax);
      events.onOutput(chunk);
      windowBytes += chunk.length;
      if (windowBytes < floodBytesMax) return;
      windowBytes = 0;
      stream.pause();
      setTimeout(() => stream.resume(), floodPauseMs);
    });
  }
  return () => tail;
}

function watchEnd(
  child: ChildProcess,
  stderrTail: () => string,
  events: RunnerProcessEvents,
): void {
  let ended = false;
  const end = (code: number | null, signal: string | null, spawnError?: Error) => {
    if (ended) return;
    ended = true;
    for (const stream of child.stdio) stream?.destroy();
    events.onEnd({
      code,
      signal,
      stderrTail: stderrTail(),
      ...(spawnError === undefined ? {} : { spawnError }),
    });
  };
  child.on("error", (error) => {
    if (child.pid === undefined) end(null, null, error);
  });
  child.on("exit", (code, signal) => {
    // What the task has started and left behind would hold the pipes open.
    killGroup(child);
    const timer = setTimeout(() => end(code, signal), drainMsMax);
    child.on("close", () => {
      clearTimeout(timer);
      end(code, signal);
    });
  });
}
