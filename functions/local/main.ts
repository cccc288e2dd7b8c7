import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { TerminalError } from "../../shared/core/errors.ts";
import { openJsonLog } from "../runtime/json-log.ts";
import { systemClock } from "../runtime/system-ports.ts";
import { type Host, localPrincipal, openHost } from "./host.ts";
import { type Listening, listen } from "./listen.ts";
import { loadExampleSchedules } from "./load-example-schedules.ts";
import { loadExamples } from "./load-examples.ts";
import { type HostOptions, hostUsage, parseHostOptions } from "./options.ts";
import { welcome } from "./welcome.ts";

const graceMs = 5_000;

await main();

async function main(): Promise<void> {
  const parsed = parseHostOptions(process.argv.slice(2));
  if (parsed.outcome === "help") return print(hostUsage);
  if (parsed.outcome === "wrong") return fail(`${parsed.message}\n\n${hostUsage}`, 2);
  try {
    await run(parsed.options);
  } catch (error) {
    if (error instanceof TerminalError) return fail(`switchyard: ${error.message}\n`, 1);
    throw error;
  }
}

async function run(options: HostOptions): Promise<void> {
  const here = dirname(fileURLToPath(import.meta.url));
  const log = openJsonLog({
    level: options.logLevel,
    clock: systemClock,
    write: (line) => process.stderr.write(line),
  });
  if (options.store !== "memory") await mkdir(options.dataDirectory, { recursive: true });
  const functionsRoot =
    options.functionsRoot === undefined
      ? join(here, "../examples/functions")
      : resolve(options.functionsRoot);
  if (!existsSync(functionsRoot)) {
    throw new TerminalError(`the functions folder ${functionsRoot} does not exist`);
  }
  const host = await openHost(
    options,
    {
      functionsRoot,
      runnerPath: join(here, "runner.mjs"),
      containerPath: join(here, "../runner/container.mjs"),
    },
    log,
  );
  const examplesFolder = join(here, "../../examples");
  const examples = options.examples
    ? await loadExamples(host.engine, localPrincipal, join(examplesFolder, "tasks.json"))
    : [];
  if (options.examples) {
    const file = join(examplesFolder, "schedules.json");
    await loadExampleSchedules(host.engine, localPrincipal, file);
  }
  const listening = await listen(host.fetch, options.port, options.portIsFixed);
  host.listensAt(listening.url);
  stopOnSignals(host, listening);
  print(welcome({ options, listening, examples, recovered: host.recovered }));
}

/** The first signal stops gracefully; a second one ends at once, which loses nothing acknowledged. */
function stopOnSignals(host: Host, listening: Listening): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    print(`\n${signal}: finishing what is running (up to ${graceMs / 1_000} s)…\n`);
    const finished = Promise.all([listening.close(), host.close(graceMs)]);
    finished.then(
      () => process.exit(0),
      (error: unknown) => fail(`switchyard: stopping failed: ${String(error)}\n`, 1),
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

function print(text: string): void {
  process.stdout.write(text);
}

function fail(text: string, exitCode: number): void {
  process.stderr.write(text);
  process.exit(exitCode);
}
