import type { JsonValue } from "../core/json.ts";

/** Where a value is found: names of fields, and places in lists. */
export type PathSteps = readonly (string | number)[];

/** The steps, or at which character of the text it stops being a path. */
export type ParsedPath = { readonly steps: PathSteps } | { readonly wrongAt: number };

const name = /[A-Za-z_][A-Za-z0-9_-]*/y;
const nextName = /\.([A-Za-z0-9_-]+)/y;
const place = /\[(\d{1,6})\]/y;
const quoted = /\['((?:[^']|'')+)'\]/y;

/** Reads `event.detail.items[0]['odd name']`; a quote inside a name is written twice. */
export function parsePath(text: string): ParsedPath {
  const [root] = matchAt(name, text, 0) ?? [];
  if (root === undefined) return { wrongAt: 0 };
  const steps: (string | number)[] = [root];
  let at = root.length;
  while (at < text.length) {
    const named = matchAt(nextName, text, at);
    const listed = named ?? matchAt(place, text, at);
    const found = listed ?? matchAt(quoted, text, at);
    const step = found?.[1];
    if (found === undefined || step === undefined) return { wrongAt: at };
    if (named !== undefined) steps.push(step);
    else if (listed !== undefined) steps.push(Number(step));
    else steps.push(step.replaceAll("''", "'"));
    at += found[0].length;
  }
  return { steps };
}

/** The value there, or undefined where there is none; what is inherited does not count. */
export function valueAt(root: JsonValue, steps: PathSteps): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const step of steps) {
    if (typeof value !== "object" || value === null) return undefined;
    // A list has places only, its length is no field; and an object has no places.
    const isPlace = typeof step === "number" || /^\d+$/.test(step);
    if (Array.isArray(value) ? !isPlace : typeof step === "number") return undefined;
    if (!Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<string | number, JsonValue>>)[step];
  }
  return value;
}

function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | undefined {
  form.lastIndex = at;
  return form.exec(text) ?? undefined;
}
