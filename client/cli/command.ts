import type { SwitchyardClient } from "../sdk/client.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { OptionValues } from "./option-values.ts";
import type { Output } from "./output.ts";

/** One option of a command, as help and parser need it. */
export interface OptionSpec {
  /** What its value is called in help; absent for a switch. */
  readonly value?: string;
  readonly multiple?: true;
  readonly short?: string;
  readonly about: string;
}

/** What a command gets to work with. */
export interface CommandCall {
  readonly client: SwitchyardClient;
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  readonly output: Output;
  /** Where the client sends to, and what it was told besides: for commands with clients of their own. */
  readonly server: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One command: parser, help and docs/cli.md are made from these. */
export interface Command {
  /** One word, or two such as `rules set`. */
  readonly name: string;
  /** What follows the name, such as `ID…`. */
  readonly takes: string;
  readonly positionalsMin: number;
  readonly positionalsMax: number;
  readonly group:
    | "Instances"
    | "Tasks"
    | "Routing"
    | "Pools"
    | "Limits"
    | "Schedules"
    | "Triggers"
    | "Functions"
    | "Webhooks"
    | "Server";
  readonly summary: string;
  /** Paragraphs. */
  readonly details?: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  run(call: CommandCall): Promise<ExitCode>;
}

/** Options that every command takes. */
export const globalOptions = {
  server: {
    value: "URL",
    about: "The server. Default: SWITCHYARD_URL, or else http://127.0.0.1:4700.",
  },
  json: { about: "Write JSON: one document, or one line per item for lists." },
  quiet: { short: "q", about: "Write ids or names only." },
  help: { short: "h", about: "Show how the command is used." },
} as const satisfies Readonly<Record<string, OptionSpec>>;
