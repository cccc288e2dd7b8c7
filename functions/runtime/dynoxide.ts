import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { TerminalError } from "../../shared/core/errors.ts";
import { freePort } from "./free-port.ts";

const packageName = `@dynoxide/${process.platform}-${process.arch}`;
const startsMax = 3;
const startMsMax = 10_000;
const stopMsMax = 2_000;
const saidLinesMax = 20;

/** A running DynamoDB-compatible server on loopback. */
export interface Dynoxide {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Whether the server's binary is installed for this platform. */
export function dynoxideAvailable(): boolean {
  return binaryPath() !== undefined;
}

/** Starts the server on a free port; with a path it keeps its data there, otherwise in memory. */
export async function startDynoxide(
  options: { readonly databasePath?: string } = {},
): Promise<Dynoxide> {
  const binary = binaryPath();
  if (binary === undefined) {
    throw new TerminalError(
      `The DynamoDB-compatible server is not installed: the optional package ${packageName} is missing. ` +
        "It exists for linux-x64; there, run npm install without --omit=optional.",
    );
  }
  const storage = options.databasePath === undefined ? [] : ["--db-path", options.databasePath];
  for (let start = 1; ; start++) {
    const port = await freePort();
    const child = spawn(
      binary,
      ["serve", "--host", "127.0.0.1", "--port", String(port), ...storage],
      {
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const failure = await untilListening(child);
    if (failure === undefined) return guarded(child, `http://127.0.0.1:${port}`);
    // Between asking for a free port and using it, somebody else may have taken it.
    if (start === startsMax || !/in use/i.test(failure)) {
      throw new TerminalError(`The DynamoDB-compatible server did not start: ${failure}`);
    }
  }
}

function binaryPath(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    return join(dirname(manifest), "dynoxide");
  } catch {
    // Not installed is an answer here: callers say what to do about it.
    return undefined;
  }
}

/** Undefined once the server says that it listens; otherwise why it never will. */
async function untilListening(child: ChildProcess): Promise<string | undefined> {
  const said: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const outcome = await new Promise<string | undefined>((resolve) => {
    const hear = (line: string) => {
      if (said.length < saidLinesMax) said.push(line);
      if (line.includes("listening on")) resolve(undefined);
    };
    // Both streams are read to the end of the server's life: a full pipe would stop it.
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", hear);
    }
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(`it ended with code ${code}: ${said.join(" ")}`));
    timer = setTimeout(() => resolve(`no answer within ${startMsMax / 1_000} s`), startMsMax);
  });
  clearTimeout(timer);
  if (outcome !== undefined) child.kill("SIGKILL");
  return outcome;
}

/** The server must not outlive this process, however this process ends. */
function guarded(child: ChildProcess, endpoint: string): Dynoxide {
  const watchdog = startWatchdog(child);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = once(child, "exit").then(() => {
    process.removeListener("exit", kill);
    watchdog.kill("SIGKILL");
  });
  return {
    endpoint,
    stop: async () => {
      child.kill("SIGTERM");
      // Its database survives a kill, so politeness needs no long wait.
      const timer = setTimeout(kill, stopMsMax);
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * Exit handlers do not run when this process is killed, but its end of a pipe closes in any case:
 * a shell waits for that and then kills the server. A session of its own keeps Ctrl-C away from it.
 */
function startWatchdog(child: ChildProcess): ChildProcess {
  const script = 'read -r _; kill -9 "$0" 2>/dev/null';
  return spawn("/bin/sh", ["-c", script, String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}
