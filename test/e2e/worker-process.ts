import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface WorkerProcess {
  readonly id: string;
  /** Everything printed so far. */
  output(): string;
  /** Waits for a line, past or future; fails when the worker ends before. */
  said(pattern: RegExp): Promise<void>;
  /** Ends it and waits until it is gone; answers the exit code, or null after a signal. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts `switchyard worker` as its owner would, and waits until it is registered. */
export async function startWorker(
  url: string,
  pool: string,
  id: string,
  args: readonly string[] = [],
): Promise<WorkerProcess> {
  const all = ["worker", "--server", url, "--pool", pool, "--id", id, ...args];
  const child = spawn(process.execPath, ["client/bin/switchyard.mjs", ...all], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const look of listeners) look();
    });
  }
  const worker: WorkerProcess = {
    id,
    output: () => output,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(output)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        child.once("exit", () => reject(new Error(`${id} ended before ${pattern}:\n${output}`)));
        look();
      }),
    end: (signal) => end(child, signal),
  };
  await worker.said(/waits for work/);
  return worker;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return child.exitCode;
}
