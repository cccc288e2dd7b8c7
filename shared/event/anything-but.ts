import type { JsonArray, JsonValue } from "../core/json.ts";
import { equalsIgnoringCase, forms } from "./ignore-case.ts";
import { type LeafTest, PatternMistake } from "./pattern.ts";
import { ofTexts, textOf, wildcardTest } from "./text-tests.ts";

/** What each inner operator excludes. */
const inner: Readonly<Record<string, (value: JsonValue, pointer: string) => LeafTest>> = {
  prefix: (value, pointer) => {
    const wanted = someText(value, pointer);
    return ofTexts(`begins with ${JSON.stringify(wanted)}`, (text) => text.startsWith(wanted));
  },
  suffix: (value, pointer) => {
    const wanted = someText(value, pointer);
    return ofTexts(`ends with ${JSON.stringify(wanted)}`, (text) => text.endsWith(wanted));
  },
  "equals-ignore-case": (value, pointer) => {
    const wanted = forms(textOf(value, pointer));
    const words = `is ${JSON.stringify(value)} in any case`;
    return ofTexts(words, (text) => equalsIgnoringCase(wanted, text));
  },
  wildcard: (value, pointer) => {
    const test = wildcardTest(value, pointer);
    return { ...test, words: `is like ${JSON.stringify(value)}` };
  },
};

/**
 * Every value but those that are excluded: also numbers, null and the like where texts are. Where the
 * field is not, there is no value.
 */
export function anythingBut(value: JsonValue, pointer: string): LeafTest {
  if (typeof value === "string" || typeof value === "number") return but([equal(value)]);
  if (Array.isArray(value)) {
    const list: JsonArray = value;
    const [first] = list;
    if (first === undefined) throw new PatternMistake(pointer, "must not be an empty list");
    const isPlain = typeof first === "string" || typeof first === "number";
    if (!isPlain || !list.every((each) => typeof each === typeof first)) {
      throw new PatternMistake(pointer, "must hold only texts or only numbers");
    }
    return but(list.map(equal));
  }
  if (typeof value !== "object" || value === null) {
    throw new PatternMistake(pointer, "must be a text, a number, a list of them, or an operator");
  }
  const [[name, wanted] = [], ...more] = Object.entries(value);
  if (name === undefined || wanted === undefined || more.length > 0) {
    throw new PatternMistake(pointer, "must have exactly one operator");
  }
  const read = Object.hasOwn(inner, name) ? inner[name] : undefined;
  if (read === undefined) {
    throw new PatternMistake(
      `${pointer}/${name}`,
      "cannot be excluded",
      `what can be are ${Object.keys(inner).join(", ")}`,
    );
  }
  const at = `${pointer}/${name}`;
  if (!Array.isArray(wanted)) return but([read(wanted, at)]);
  const list: JsonArray = wanted;
  if (list.length === 0) throw new PatternMistake(at, "must not be an empty list");
  return but(list.map((each, index) => read(each, `${at}/${index}`)));
}

function but(excluded: readonly LeafTest[]): LeafTest {
  return {
    words: `anything but what ${excluded.map(({ words }) => words).join(" or ")}`,
    matches: (leaf) => !excluded.some(({ matches }) => matches(leaf)),
  };
}

function equal(value: JsonValue): LeafTest {
  return { words: `is ${JSON.stringify(value)}`, matches: (leaf) => leaf === value };
}

function someText(value: JsonValue, pointer: string): string {
  const text = textOf(value, pointer);
  if (text === "")
    throw new PatternMistake(pointer, "must not be empty: everything would be excluded");
  return text;
}
