import { nearestName } from "../core/nearest-name.ts";
import { type PathSteps, parsePath } from "./path.ts";

/** One `{{path | default 'x'}}`. */
export interface Placeholder {
  readonly path: PathSteps;
  /** Stands in for a value that is absent or null. */
  readonly fallback?: string | number | boolean;
}

export interface PlaceholderMistake {
  /** Characters behind the opening braces. */
  readonly at: number;
  readonly message: string;
  readonly suggestion?: string;
}

export type ParsedPlaceholder =
  | { readonly placeholder: Placeholder }
  | { readonly mistake: PlaceholderMistake };

/** Reads what stands between the braces; `roots` are what paths may begin with. */
export function parsePlaceholder(inside: string, roots: readonly string[]): ParsedPlaceholder {
  const { pathText, rest, pathAt } = split(inside);
  if (pathText === "") {
    return mistake(pathAt, "names nothing", `write a path such as ${roots[0] ?? "event"}.id`);
  }
  const parsed = parsePath(pathText);
  if ("wrongAt" in parsed) {
    const found = pathText.slice(parsed.wrongAt, parsed.wrongAt + 20);
    return mistake(
      pathAt + parsed.wrongAt,
      `is not a path at "${found}"`,
      "a path is names with dots between, [0] for places in lists, ['any text'] for other names",
    );
  }
  const [root = ""] = parsed.steps;
  if (!roots.includes(String(root))) {
    const near = nearestName(String(root), roots);
    return mistake(
      pathAt,
      `begins with "${root}", which there is not here`,
      near === undefined ? `a path begins with ${roots.join(" or ")}` : `did you mean "${near}"?`,
    );
  }
  if (rest === undefined) return { placeholder: { path: parsed.steps } };
  const fallback = parseFallback(rest.text);
  if (fallback !== undefined) return { placeholder: { path: parsed.steps, fallback } };
  return mistake(
    rest.at,
    `is not understood behind the "|"`,
    "write default and a text in single quotes, a number, true or false: | default 'none'",
  );
}

function mistake(at: number, message: string, suggestion: string): ParsedPlaceholder {
  return { mistake: { at, message, suggestion } };
}

/** At the first bar that is no part of a quoted name. */
function split(inside: string): {
  readonly pathText: string;
  readonly pathAt: number;
  readonly rest?: { readonly text: string; readonly at: number };
} {
  const pathAt = inside.length - inside.trimStart().length;
  let isQuoted = false;
  for (let at = 0; at < inside.length; at++) {
    if (inside[at] === "'") isQuoted = !isQuoted;
    if (inside[at] !== "|" || isQuoted) continue;
    const rest = { text: inside.slice(at + 1).trim(), at: at + 1 };
    return { pathText: inside.slice(0, at).trim(), pathAt, rest };
  }
  return { pathText: inside.trim(), pathAt };
}

function parseFallback(text: string): string | number | boolean | undefined {
  const value = /^default\s+(\S.*)$/s.exec(text)?.[1];
  if (value === undefined) return undefined;
  if (value === "true" || value === "false") return value === "true";
  if (/^-?\d{1,15}(\.\d{1,15})?$/.test(value)) return Number(value);
  const quoted = /^'((?:[^']|'')*)'$/s.exec(value)?.[1];
  return quoted?.replaceAll("''", "'");
}
