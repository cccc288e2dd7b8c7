import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { FunctionName } from "../../../shared/contract/env.ts";

/** One call of a function, as its own process measured it. */
export interface MeasuredCall {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** A function in a process of its own, as Lambda runs it: one call at a time. */
export interface FunctionProcess {
  /** From the start of the import to its end. */
  readonly init: MeasuredCall;
  invoke(event: unknown): Promise<unknown>;
  /** Calls since the last time of asking. */
  takeCalls(): readonly MeasuredCall[];
  /** Lines of its log, and their bytes, since the last time of asking. */
  takeLog(): { readonly lines: number; readonly bytes: number };
  stop(): Promise<void>;
}

/** Runs in the process: measures the import and each call, and says nothing of its own. */
const host = `
  const measured = async (run) => {
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    const value = await run();
    const wallMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(cpu);
    return { value, call: { wallMs, cpuMs: (user + system) / 1000 } };
  };
  const loaded = await measured(() => import(process.env.BUNDLE_URL));
  process.on("message", async (event) => {
    try {
      const { value, call } = await measured(() => loaded.value.handler(event));
      process.send({ value, call });
    } catch (error) {
      process.send({ error: String(error) });
    }
  });
  process.send({ call: loaded.call });
`;

interface Answer {
  readonly value?: unknown;
  readonly call?: MeasuredCall;
  readonly error?: string;
}

export async function startFunction(
  bundles: string,
  name: FunctionName,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<FunctionProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", host], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...environment, BUNDLE_URL: pathToFileURL(join(bundles, name, "index.mjs")).href },
  });
  let lines = 0;
  let bytes = 0;
  child.stdout?.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    lines += chunk.toString().split("\n").length - 1;
  });
  const answer = answersOf(child, name);
  const { call: init } = await answer();
  let calls: MeasuredCall[] = [];
  return {
    init,
    async invoke(event) {
      child.send(event as object);
      const { value, call } = await answer();
      calls.push(call);
      return value;
    },
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    takeLog() {
      const taken = { lines, bytes };
      lines = 0;
      bytes = 0;
      return taken;
    },
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

/** Messages of the process in turn; its end fails whoever waits. */
function answersOf(child: ChildProcess, name: FunctionName) {
  let settle: ((answer: Answer) => void) | undefined;
  child.on("message", (answer) => settle?.(answer as Answer));
  child.on("exit", (code) => settle?.({ error: `the process ended with ${code}` }));
  return async () => {
    const { value, call, error } = await new Promise<Answer>((resolve) => {
      settle = resolve;
    });
    if (call === undefined) throw new Error(`${name} failed: ${error}`);
    return { value, call };
  };
}
