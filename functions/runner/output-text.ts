import { Buffer } from "node:buffer";

const depthMax = 100;

export type OutputText =
  | { readonly outcome: "text"; readonly text: string | undefined; readonly bytes: number }
  | { readonly outcome: "invalid"; readonly message: string };

/** A task's return value as JSON; says exactly what is wrong when it is not. */
export function outputText(value: unknown, bytesMax: number): OutputText {
  if (value === undefined) return { outcome: "text", text: undefined, bytes: 0 };
  let text: string | undefined;
  try {
    const fault = findFault(value, "output", [], 0);
    if (fault !== undefined) return { outcome: "invalid", message: fault };
    text = JSON.stringify(value);
  } catch (error) {
    // A toJSON method or getter of the value threw.
    const why = error instanceof Error ? error.message : String(error);
    return { outcome: "invalid", message: `output cannot be turned into JSON: ${why}` };
  }
  const bytes = text === undefined ? 0 : Buffer.byteLength(text);
  if (bytes > bytesMax) {
    const message = `output is ${bytes} bytes of JSON; at most ${bytesMax} are kept. Store large results elsewhere and return where they are`;
    return { outcome: "invalid", message };
  }
  return { outcome: "text", text, bytes };
}

/** The first place whose value JSON would refuse, or worse, silently change. */
function findFault(
  value: unknown,
  path: string,
  ancestors: readonly object[],
  depth: number,
): string | undefined {
  switch (typeof value) {
    case "bigint":
      return `${path} is a BigInt, which JSON cannot carry; return a string or a number`;
    case "function":
    case "symbol":
      return `${path} is a ${typeof value}, which JSON cannot carry`;
    case "number":
      return Number.isFinite(value) ? undefined : `${path} is ${value}, which JSON cannot carry`;
    case "object":
      return value === null ? undefined : findFaultInObject(value, path, ancestors, depth);
    default:
      return undefined;
  }
}

function findFaultInObject(
  value: object,
  path: string,
  ancestors: readonly object[],
  depth: number,
): string | undefined {
  if (ancestors.includes(value)) return `${path} refers back to a value that contains it`;
  if (depth >= depthMax) return `${path} is nested deeper than ${depthMax} levels`;
  if ("toJSON" in value && typeof value.toJSON === "function") return undefined;
  const kind = lossyKind(value);
  if (kind !== undefined) return `${path} is ${kind}`;
  const inside = [...ancestors, value];
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const fault = findFault(value[i], `${path}[${i}]`, inside, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  for (const [key, member] of Object.entries(value)) {
    // Paths are only worth building where a fault can be.
    if (typeof member === "string" || typeof member === "boolean") continue;
    const fault = findFault(member, `${path}.${key}`, inside, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Objects that JSON turns into "{}" without a word. */
function lossyKind(value: object): string | undefined {
  if (value instanceof Map) return "a Map, which JSON cannot carry; use Object.fromEntries";
  if (value instanceof Set) return "a Set, which JSON cannot carry; use an array";
  if (value instanceof Promise) return "a Promise; an await is missing";
  if (value instanceof Error) return "an Error; throw it, or return its message";
  return undefined;
}
