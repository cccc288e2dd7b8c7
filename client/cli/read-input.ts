import type { JsonValue } from "../../shared/core/json.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** The input that a command line gives: `--input`, or KEY=VALUE pairs, or none. */
export async function readInput(
  terminal: Terminal,
  option: string | undefined,
  pairs: readonly string[],
): Promise<JsonValue | undefined> {
  if (option === undefined) return pairs.length === 0 ? undefined : objectOfPairs(pairs);
  if (pairs.length > 0) {
    throw new UsageError(
      "--input and KEY=VALUE pairs cannot be combined",
      "put everything into one of them",
    );
  }
  const fromFile = option.startsWith("@");
  const text = fromFile ? await terminal.readText(option.slice(1)) : option;
  return parseJson(text, fromFile ? option.slice(1) : "--input");
}

/** JSON, or a complaint that says where it stops being JSON. */
export function parseJson(text: string, name: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${name} is not JSON: ${why}`,
      name === "--input" ? "quote it for the shell, such as --input '{\"n\":1}'" : undefined,
    );
  }
}

function objectOfPairs(pairs: readonly string[]): JsonValue {
  const entries = pairs.map((pair): [string, JsonValue] => {
    const at = pair.indexOf("=");
    if (at <= 0) {
      throw new UsageError(
        `"${pair}" is neither an option nor KEY=VALUE`,
        "write the input as KEY=VALUE pairs, or as --input JSON",
      );
    }
    return [pair.slice(0, at), pairValue(pair.slice(at + 1))];
  });
  return Object.fromEntries(entries);
}

function pairValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Not JSON, so it is the text itself: names and paths need no quotes.
    return text;
  }
}
