import { nearestName } from "../../shared/core/nearest-name.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./usage-error.ts";

export interface FoundCommand {
  readonly command: Command;
  /** What follows the command's name. */
  readonly rest: readonly string[];
}

/**
 * The command that the first words name: commands of two words, such as `rules set`, go before the
 * one that is called like the first of them.
 */
export function findCommand(commands: readonly Command[], args: readonly string[]): FoundCommand {
  const [first = "", second] = args;
  if (first.startsWith("-")) {
    throw new UsageError(`the command comes first, before ${first}`, "see switchyard help");
  }
  const named = (name: string) => commands.find((known) => known.name === name);
  const longer = commands.filter(({ name }) => name.startsWith(`${first} `));
  const ofTwo = second === undefined ? undefined : named(`${first} ${second}`);
  if (ofTwo !== undefined) return { command: ofTwo, rest: args.slice(2) };
  const ofOne = named(first);
  const hasSecond = second !== undefined && !second.startsWith("-");
  // A second word is a slip of the pen where the one-word command takes no arguments.
  if (hasSecond && longer.length > 0 && (ofOne?.positionalsMax ?? 0) === 0) {
    throw unknownCommand(`${first} ${second}`, longer);
  }
  if (ofOne !== undefined) return { command: ofOne, rest: args.slice(1) };
  throw longer.length > 0 ? incompleteCommand(first, longer) : unknownCommand(first, commands);
}

function unknownCommand(given: string, among: readonly Command[]): UsageError {
  const near = nearestName(
    given,
    among.map(({ name }) => name),
  );
  return new UsageError(
    `there is no command "${given}"`,
    near === undefined ? "see switchyard help" : `did you mean switchyard ${near}?`,
  );
}

function incompleteCommand(first: string, longer: readonly Command[]): UsageError {
  const names = longer.map(({ name }) => name).join(", ");
  return new UsageError(`switchyard ${first} needs a second word`, `there are ${names}`);
}
