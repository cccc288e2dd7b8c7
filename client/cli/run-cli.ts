import { switchyardVersion } from "../../shared/contract/http/version.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { SwitchyardClient } from "../sdk/client.ts";
import { openNodeTransport } from "../sdk/node-transport.ts";
import { defaultUrl, openClient } from "../sdk/open-client.ts";
import type { Command } from "./command.ts";
import { commandTable } from "./command-table.ts";
import { credentialsFor } from "./credentials.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { commandText, overviewText } from "./help-text.ts";
import { Output } from "./output.ts";
import { type CommandLine, parseCommandLine } from "./parse-command-line.ts";
import { reportError } from "./report-error.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs one command line and answers with its exit code. */
export async function runCli(
  args: readonly string[],
  environment: Environment,
  terminal: Terminal,
): Promise<ExitCode> {
  let server = environment.SWITCHYARD_URL ?? "";
  if (server === "") server = defaultUrl;
  let client: SwitchyardClient | undefined;
  try {
    const [name, ...rest] = args;
    const shown = helpFor(name, rest, terminal);
    if (shown !== undefined) {
      terminal.out(`${shown}\n`);
      return exitCodes.ok;
    }
    const command = commandNamed(name ?? "");
    const line = parseCommandLine(command, rest, terminal.nowMs());
    if (line.options.flag("help")) {
      terminal.out(`${commandText(command, helpWidth(terminal))}\n`);
      return exitCodes.ok;
    }
    server = line.options.text("server") ?? server;
    client = clientOf(server, environment);
    return await command.run({ client, ...line, output: new Output(terminal, modeOf(line)) });
  } catch (error) {
    const asJson = args.includes("--json");
    return reportError(error, terminal, asJson, server);
  } finally {
    client?.close();
  }
}

/** Help and version need no server. */
function helpFor(
  name: string | undefined,
  rest: readonly string[],
  terminal: Terminal,
): string | undefined {
  if (name === "--version" || name === "-V") return switchyardVersion;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const about = rest.find((argument) => !argument.startsWith("-"));
    const width = helpWidth(terminal);
    return about === undefined ? overviewText(width) : commandText(commandNamed(about), width);
  }
  return undefined;
}

function helpWidth(terminal: Terminal): number {
  return Math.min(100, terminal.columns);
}

function commandNamed(name: string): Command {
  const command = commandTable.find((known) => known.name === name);
  if (command !== undefined) return command;
  const near = nearestName(
    name,
    commandTable.map((known) => known.name),
  );
  if (name.startsWith("-")) {
    throw new UsageError(`the command comes first, before ${name}`, "see switchyard help");
  }
  throw new UsageError(
    `there is no command "${name}"`,
    near === undefined ? "see switchyard help" : `did you mean switchyard ${near}?`,
  );
}

function modeOf({ options }: CommandLine): "human" | "json" | "quiet" {
  if (!options.flag("json")) return options.flag("quiet") ? "quiet" : "human";
  if (options.flag("quiet")) throw new UsageError("--json and --quiet exclude each other");
  return "json";
}

function clientOf(server: string, environment: Environment): SwitchyardClient {
  try {
    return openClient({
      url: server,
      transport: openNodeTransport(),
      ...credentialsFor(server, environment),
      // Somebody sits and waits: a server that is not there should be said soon.
      retry: { attemptsMax: 5, totalMsMax: 30_000 },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message, "name the server with --server URL or SWITCHYARD_URL");
  }
}
