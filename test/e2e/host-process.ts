import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

export interface HostProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything printed so far. */
  output(): string;
  /** Ends the host and waits until it is gone; answers the exit code, or null after a signal. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const hostBundle = "dist/local/host.mjs";
/** As in `npm start`: short-lived objects of a busy moment die in a young generation of this many MB. */
const nodeOptions = ["--max-semi-space-size=64"];

/** Starts the built host as a user would, on a free port, and waits until it listens. */
export async function startHost(args: readonly string[]): Promise<HostProcess> {
  if (!existsSync(hostBundle)) throw new Error(`${hostBundle} is missing: run npm run build`);
  const child = spawn(process.execPath, [...nodeOptions, hostBundle, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const found = /listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`the host ended with ${code}:\n${output}`)));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the host has no process id");
  return { url, pid, output: () => output, end: (signal) => end(child, signal) };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return child.exitCode;
}
