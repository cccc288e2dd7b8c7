import { switchyardVersion } from "../../shared/contract/http/version.ts";
import type { SwitchyardClient } from "../sdk/client.ts";
import { openNodeTransport } from "../sdk/node-transport.ts";
import { defaultUrl, openClient } from "../sdk/open-client.ts";
import { commandTable } from "./command-table.ts";
import { credentialsFor } from "./credentials.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { findCommand } from "./find-command.ts";
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
    const shown = helpFor(args, terminal);
    if (shown !== undefined) {
      terminal.out(`${shown}\n`);
      return exitCodes.ok;
    }
    const { command, rest } = findCommand(commandTable, args);
    const line = parseCommandLine(command, rest, terminal.nowMs());
    if (line.options.flag("help")) {
      terminal.out(`${commandText(command, helpWidth(terminal))}\n`);
      return exitCodes.ok;
    }
    server = line.options.text("server") ?? server;
    client = clientOf(server, environment);
    const output = new Output(terminal, modeOf(line));
    return await command.run({ client, ...line, output, server, environment });
  } catch (error) {
    const asJson = args.includes("--json");
    return reportError(error, terminal, asJson, server);
  } finally {
    client?.close();
  }
}

/** Help and version need no server. */
function helpFor(args: readonly string[], terminal: Terminal): string | undefined {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") return switchyardVersion;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const about = rest.filter((argument) => !argument.startsWith("-"));
    const width = helpWidth(terminal);
    return about.length === 0
      ? overviewText(width)
      : commandText(findCommand(commandTable, about).command, width);
  }
  return undefined;
}

function helpWidth(terminal: Terminal): number {
  return Math.min(100, terminal.columns);
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
