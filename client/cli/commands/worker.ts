import { existsSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import { resolve } from "node:path";
import { WorkerId } from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { WorkerModule, WorkerOptions } from "../../worker/worker-options.ts";
import type { Command } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

/** Less than the thirty seconds that ECS gives a container between asking and killing. */
const graceMsDefault = 20_000;
const graceMsMax = 24 * 3_600_000;

/** `switchyard worker`. */
export const workerCommand: Command = {
  name: "worker",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Pools",
  summary: "Run a worker of a pool on this machine",
  details: [
    "Fetches work over HTTPS and runs it: functions, deployed packages and, where allowed, commands. Nothing has to be able to reach the machine. While it is idle it keeps one request open.",
    "SIGTERM or Ctrl-C drains it: it takes nothing more, finishes what it has, gives back what takes longer than the grace, and leaves. A second signal gives everything back at once. When the server is away it goes on with what it has and asks again.",
    "Credentials are those of every command; SWITCHYARD_TOKEN_FILE names a file that is read for each request, and SWITCHYARD_AUTH=iam signs with the role of the worker's container. docs/workers.md says more.",
  ],
  options: {
    pool: { value: "NAME", about: "The pool. It must have been defined." },
    slots: { value: "N", about: "Attempts at the same time. Default: one for each processor." },
    id: { value: "ID", about: "The worker's name in its pool. Default: the host's name and more." },
    labels: { value: "K=V,…", multiple: true, about: "What the worker says of itself." },
    functions: { value: "DIR", about: "Where the modules of function tasks are. Default: here." },
    "allow-commands": { about: "Let tasks start programs of this machine." },
    once: { about: "Take work once, finish it and leave." },
    grace: { value: "DURATION", about: "For finishing when told to leave. Default: 20s." },
  },
  examples: [
    "switchyard worker --pool on-prem --functions ./functions",
    "switchyard worker --pool edge-tokyo --server https://api.example.com --slots 8 --labels site=tokyo,rack=7",
    "switchyard worker --pool scripts --allow-commands --once",
  ],
  async run({ options, output, server, environment }) {
    const leaving = new AbortController();
    const hurrying = new AbortController();
    const worker = optionsOf(options, output);
    const { runWorker } = await loadWorker();
    const onSignal = (): void => (leaving.signal.aborted ? hurrying : leaving).abort();
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
    try {
      const { finished, givenBack, refused } = await runWorker({
        ...worker,
        server,
        environment,
        leaving: leaving.signal,
        hurrying: hurrying.signal,
      });
      if (refused !== undefined) {
        output.complain(`the server refused this worker: ${refused}`);
        return exitCodes.refused;
      }
      const left = givenBack === 0 ? "" : `, ${givenBack} given back`;
      worker.say(`${worker.id} has left: ${finished} finished${left}`);
      return exitCodes.ok satisfies ExitCode;
    } finally {
      process.off("SIGTERM", onSignal);
      process.off("SIGINT", onSignal);
    }
  },
};

type OptionsOfCommandLine = Omit<WorkerOptions, "server" | "environment" | "leaving" | "hurrying">;

function optionsOf(options: OptionValues, output: Output): OptionsOfCommandLine {
  const pool = options.text("pool");
  if (pool === undefined) {
    throw new UsageError("a worker belongs to a pool", "name it with --pool NAME");
  }
  const functionsRoot = resolve(options.text("functions") ?? ".");
  if (!existsSync(functionsRoot)) {
    throw new UsageError(`there is no folder ${functionsRoot}`, "name one with --functions DIR");
  }
  const slotsDefault = Math.max(1, availableParallelism());
  const graceMs = options.durationMs("grace") ?? graceMsDefault;
  if (graceMs > graceMsMax) throw new UsageError("--grace is at most 24h");
  return {
    pool,
    functionsRoot,
    id: idOf(options.text("id")),
    slots: options.wholeNumber("slots", 1, limits.workerSlotsMax) ?? slotsDefault,
    labels: labelsOf(options.list("labels")),
    allowCommands: options.flag("allow-commands"),
    once: options.flag("once"),
    graceMs,
    say: (line) => {
      const time = new Date(output.nowMs).toISOString();
      if (output.mode === "json") output.item({ time, message: line });
      else if (output.mode === "human") output.line(plainText(`${time} ${line}`));
    },
  };
}

function idOf(given: string | undefined): string {
  if (given === undefined) {
    const host = hostname().replaceAll(/[^A-Za-z0-9_.-]/g, "-");
    return `w-${host.slice(0, 60)}-${process.pid.toString(36)}${Date.now().toString(36)}`;
  }
  if (WorkerId.safeParse(given).success) return given;
  throw new UsageError(
    `"${given}" cannot be the name of a worker`,
    'use up to 100 letters, digits, ".", "_" or "-"',
  );
}

function labelsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.flatMap((text) => text.split(","));
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at <= 0) throw new UsageError(`--labels takes key=value, and "${pair}" is none`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** A bundle of its own, found at run time: other commands do not carry what runs attempts. */
async function loadWorker(): Promise<WorkerModule> {
  const bundle = new URL("../runner/worker.mjs", import.meta.url);
  if (!existsSync(bundle)) {
    throw new UsageError(`the worker is not built: ${bundle.pathname} is missing`, "npm run build");
  }
  const module: WorkerModule = await import(bundle.href);
  return module;
}
