/** A text with asterisks, cut at them; it matches in time that grows with the text only. */
export interface Wildcard {
  /** The literal parts; between each two of them anything may stand. */
  readonly parts: readonly string[];
}

export type ParsedWildcard =
  | { readonly wildcard: Wildcard; readonly asterisks: number }
  | { readonly wrongAt: number; readonly message: string };

/** Reads `dir/*.png`; `\*` and `\\` stand for the characters themselves. */
export function parseWildcard(text: string): ParsedWildcard {
  const parts: string[] = [];
  let part = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "*") {
      if (text[at + 1] === "*") return { wrongAt: at, message: "has two asterisks in a row" };
      parts.push(part);
      part = "";
    } else if (char === "\\") {
      const next = text[at + 1];
      if (next !== "*" && next !== "\\") {
        return { wrongAt: at, message: "has a backslash that escapes neither * nor a backslash" };
      }
      part += next;
      at += 1;
    } else {
      part += char;
    }
  }
  parts.push(part);
  return { wildcard: { parts }, asterisks: parts.length - 1 };
}

/** Whether the whole text matches. The earliest place for each part leaves most room for the rest. */
export function matchesWildcard({ parts }: Wildcard, text: string): boolean {
  const [first = "", ...others] = parts;
  const last = others.pop();
  if (last === undefined) return text === first;
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const part of others) {
    const found = findPart(part, text, at, end);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}

/** Knuth, Morris and Pratt: no text makes it look at a character more than twice. */
function findPart(part: string, text: string, from: number, end: number): number {
  if (part === "") return from;
  const fallback = fallbacks(part);
  let matched = 0;
  for (let at = from; at < end; at++) {
    while (matched > 0 && text[at] !== part[matched]) matched = fallback[matched - 1] ?? 0;
    if (text[at] === part[matched]) matched += 1;
    if (matched === part.length) return at - matched + 1;
  }
  return -1;
}

/** For each beginning of the part, how much of it is also its end. */
function fallbacks(part: string): readonly number[] {
  const fallback = [0];
  let matched = 0;
  for (let at = 1; at < part.length; at++) {
    while (matched > 0 && part[at] !== part[matched]) matched = fallback[matched - 1] ?? 0;
    if (part[at] === part[matched]) matched += 1;
    fallback.push(matched);
  }
  return fallback;
}
