import type { JsonObject } from "../../shared/core/json.ts";
import { parseJson } from "./read-input.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** A JSON object from the command line, or with `@FILE` from a file; `name` is what complaints call it. */
export async function readObject(
  terminal: Terminal,
  option: string,
  name: string,
): Promise<JsonObject> {
  const file = option.startsWith("@") ? option.slice(1) : undefined;
  const text = file === undefined ? option : await terminal.readText(file);
  const json = parseJson(text, file ?? name);
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as JsonObject;
  throw new UsageError(`${file ?? name} must be a JSON object`);
}
