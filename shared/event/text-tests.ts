import type { JsonValue } from "../core/json.ts";
import { type LeafTest, PatternMistake } from "./pattern.ts";
import { matchesWildcard, parseWildcard } from "./wildcard.ts";

/** A test that only texts can pass. */
export function ofTexts(words: string, test: (text: string) => boolean): LeafTest {
  return { words, matches: (value) => typeof value === "string" && test(value) };
}

export function textOf(value: JsonValue, pointer: string): string {
  if (typeof value === "string") return value;
  throw new PatternMistake(pointer, "must be a text");
}

/** A text with asterisks for anything. */
export function wildcardTest(value: JsonValue, pointer: string): LeafTest {
  const parsed = parseWildcard(textOf(value, pointer));
  if ("wrongAt" in parsed) {
    throw new PatternMistake(pointer, `${parsed.message} at character ${parsed.wrongAt + 1}`);
  }
  return ofTexts(`a text like ${JSON.stringify(value)}`, (text) =>
    matchesWildcard(parsed.wildcard, text),
  );
}
