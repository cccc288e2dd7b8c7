import type { Position, RuleMistake } from "./condition.ts";

export type Token = { readonly at: number; readonly source: string } & (
  | { readonly kind: "word" | "symbol" | "end" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "quantity"; readonly number: number; readonly unit: string }
);

export type Lexed =
  | { readonly outcome: "done"; readonly tokens: readonly Token[] }
  | { readonly outcome: "refused"; readonly mistake: RuleMistake };

/** Where a text begins in the file that it is part of. */
export interface Origin extends Position {
  /** True where # begins a comment that goes to the end of its line. */
  readonly comments?: boolean;
}

export const atStart: Origin = { line: 1, column: 1 };

/** Line and column of a place in a text that begins at `origin`. */
export function positionOf(text: string, at: number, origin: Origin): Position {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  const lines = lineStart === 0 ? 0 : before.split("\n").length - 1;
  const column = at - lineStart + 1;
  return { line: origin.line + lines, column: lines === 0 ? origin.column + column - 1 : column };
}

// Sticky, so that each is tried exactly where the lexer stands.
const blank = /[ \t\r\n]+/y;
const comment = /#[^\n]*/y;
const tagWord = /tag\.[A-Za-z0-9_.:/-]+/iy;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
// As many digits as a number shows again when it is written without an exponent.
const quantity = /(\d{1,15}(?:\.\d{1,6})?)_?([A-Za-z/%]*)(?![\w.])/y;
const text = /(['"])((?:(?!\1)[^\\\p{Cc}]|\\['"\\])*)\1/uy;
const symbol = /<=|>=|!=|[()[\],>]|<(?!>)|=(?![=<>])/y;

/** What people write who come from other languages. */
const foreign: readonly (readonly [RegExp, string, string])[] = [
  [/==+/y, "is not an operator here", "write ="],
  [/<>|=!|~=/y, "is not an operator here", "write !="],
  [/=</y, "is not an operator here", "write <="],
  [/=>/y, "is not an operator here", "write >="],
  [/&&?/y, "is not an operator here", "write AND"],
  [/\|\|?/y, "is not an operator here", "write OR"],
  [/!/y, "is not an operator here", "write NOT"],
  [/-\d/y, "is negative, and no feature is", "leave the sign out"],
  [/[‘’“”„`´]/y, "does not quote a text", "use ' or \""],
  [/['"]/y, "begins a text that does not end on its line", "close it with the same quote"],
  [
    /\d[\w.]*/y,
    "is no number that is possible here",
    "write digits, a point and at most 6 more, and a unit",
  ],
];

const lone = /^(\d{1,15}(?:\.\d{1,6})?)_?([A-Za-z/%]*)$/;

/** A text that is one number with or without a unit. */
export function readQuantity(source: string): { number: number; unit: string } | undefined {
  const found = lone.exec(source.trim());
  if (found === null) return undefined;
  const [, digits = "", unit = ""] = found;
  return { number: Number(digits), unit };
}

/** Cuts a condition into its words; stops at the first thing that is none. */
export function lex(source: string, origin: Origin): Lexed {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found === null) return undefined;
    at += found[0].length;
    return found;
  };
  const skip = (): void => {
    while (take(blank) !== undefined || (origin.comments === true && take(comment) !== undefined));
  };
  skip();
  while (at < source.length) {
    const start = at;
    const token = nextToken(take, start);
    if (token === undefined) return { outcome: "refused", mistake: strange(source, start, origin) };
    tokens.push(token);
    skip();
  }
  tokens.push({ kind: "end", at: source.length, source: "" });
  return { outcome: "done", tokens };
}

type Take = (pattern: RegExp) => RegExpExecArray | undefined;

function nextToken(take: Take, at: number): Token | undefined {
  const ofWord = take(tagWord) ?? take(word);
  if (ofWord !== undefined) return { kind: "word", at, source: ofWord[0] };
  const ofQuantity = take(quantity);
  if (ofQuantity !== undefined) {
    const [source, digits = "", unit = ""] = ofQuantity;
    return { kind: "quantity", at, source, number: Number(digits), unit };
  }
  const ofText = take(text);
  if (ofText !== undefined) {
    const [source, , inner = ""] = ofText;
    return { kind: "text", at, source, text: inner.replaceAll(/\\(.)/g, "$1") };
  }
  const ofSymbol = take(symbol);
  return ofSymbol === undefined ? undefined : { kind: "symbol", at, source: ofSymbol[0] };
}

function strange(source: string, at: number, origin: Origin): RuleMistake {
  const position = positionOf(source, at, origin);
  for (const [pattern, complaint, suggestion] of foreign) {
    pattern.lastIndex = at;
    const found = pattern.exec(source);
    if (found !== null) return { ...position, message: `${found[0]} ${complaint}`, suggestion };
  }
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  return { ...position, message: `${JSON.stringify(character)} has no meaning here` };
}
