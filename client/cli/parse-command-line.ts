import { parseArgs } from "node:util";
import { nearestName } from "../../shared/core/nearest-name.ts";
import { type Command, globalOptions, type OptionSpec } from "./command.ts";
import { OptionValues } from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

export interface CommandLine {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
}

/** Reads a command's arguments; refuses what the command does not know, with the nearest name. */
export function parseCommandLine(
  command: Pick<Command, "name" | "options" | "takes" | "positionalsMin" | "positionalsMax">,
  args: readonly string[],
  nowMs: number,
): CommandLine {
  const specs: Readonly<Record<string, OptionSpec>> = { ...command.options, ...globalOptions };
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(specs).map(([name, { value, short }]) => [
        name,
        { type: value === undefined ? "boolean" : "string", ...(short ? { short } : {}) } as const,
      ]),
    ),
    // Lenient, so that the complaints can be our own and name what was meant.
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) throw unknownOption(command.name, token.rawName, Object.keys(specs));
    const list = values.get(token.name) ?? [];
    if (list.length > 0 && spec.multiple !== true) {
      throw new UsageError(`${token.rawName} is given more than once`);
    }
    list.push(optionValue(spec, token.rawName, token.value, token.inlineValue === true));
    values.set(token.name, list);
  }
  const options = new OptionValues(values, nowMs);
  if (!options.flag("help")) checkPositionals(command, positionals);
  return { positionals, options };
}

function optionValue(
  spec: OptionSpec,
  rawName: string,
  value: string | undefined,
  inline: boolean,
): string {
  if (spec.value === undefined) {
    if (value !== undefined) throw new UsageError(`${rawName} is a switch and takes no value`);
    return "";
  }
  if (value === undefined || (!inline && value.startsWith("--"))) {
    throw new UsageError(`${rawName} needs a value`, `write ${rawName} ${spec.value}`);
  }
  return value;
}

function unknownOption(command: string, rawName: string, known: readonly string[]): UsageError {
  const near = nearestName(rawName.replace(/^-+/, ""), known);
  return new UsageError(
    `switchyard ${command} has no option ${rawName}`,
    near === undefined
      ? `see switchyard help ${command} for its options`
      : `did you mean --${near}?`,
  );
}

function checkPositionals(
  command: Pick<Command, "name" | "takes" | "positionalsMin" | "positionalsMax">,
  positionals: readonly string[],
): void {
  const usage = `usage: switchyard ${command.name} ${command.takes}`.trimEnd();
  if (positionals.length < command.positionalsMin) {
    throw new UsageError(`switchyard ${command.name} needs ${command.takes}`, usage);
  }
  const extra = positionals[command.positionalsMax];
  if (extra !== undefined) {
    throw new UsageError(`switchyard ${command.name} does not take "${extra}"`, usage);
  }
}
