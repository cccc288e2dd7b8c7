import type { JsonValue } from "../core/json.ts";
import { type LeafTest, PatternMistake } from "./pattern.ts";

/** What EventBridge compares: numbers from -5e9 to 5e9 with at most six decimals. */
const magnitudeMax = 5e9;
const decimalsMax = 6;

type Comparison = (value: number, bound: number) => boolean;

const comparisons: Readonly<Record<string, Comparison>> = {
  "=": (value, bound) => value === bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
};

const form = 'such as ["=", 5], [">", 0], or [">=", 0, "<", 10]';

/** Reads `["=", 5]`, `[">", 0]` or `[">", 0, "<=", 5]`. */
export function numericTest(value: JsonValue, pointer: string): LeafTest {
  if (!Array.isArray(value)) throw new PatternMistake(pointer, "must be a list", form);
  const list: readonly JsonValue[] = value;
  if (list.length !== 2 && list.length !== 4) {
    throw new PatternMistake(pointer, "must be one comparison, or two for a range", form);
  }
  const first = readComparison(list, 0, pointer);
  const second = list.length === 4 ? readComparison(list, 2, pointer) : undefined;
  if (second !== undefined) {
    if (!first.name.startsWith(">") || !second.name.startsWith("<")) {
      throw new PatternMistake(
        pointer,
        'must begin with ">" or ">=" and go on with "<" or "<="',
        form,
      );
    }
    if (first.bound >= second.bound) {
      throw new PatternMistake(pointer, "has a lower bound that is not below the upper one");
    }
  }
  const all = second === undefined ? [first] : [first, second];
  return {
    words: `a number ${all.map(({ name, bound }) => `${name} ${bound}`).join(" and ")}`,
    matches: (leaf) =>
      typeof leaf === "number" && all.every(({ holds, bound }) => holds(leaf, bound)),
  };
}

function readComparison(list: readonly JsonValue[], at: number, pointer: string) {
  const name = list[at];
  const bound = list[at + 1];
  const known = typeof name === "string" && Object.hasOwn(comparisons, name);
  const holds = known ? comparisons[name] : undefined;
  if (holds === undefined) {
    throw new PatternMistake(`${pointer}/${at}`, "must be one of =, >, >=, <, <=", form);
  }
  if (typeof bound !== "number") {
    throw new PatternMistake(`${pointer}/${at + 1}`, "must be a number", form);
  }
  const isKept = Number(bound.toFixed(decimalsMax)) === bound;
  if (Math.abs(bound) > magnitudeMax || !isKept) {
    throw new PatternMistake(
      `${pointer}/${at + 1}`,
      `must be a number from -5e9 to 5e9 with at most ${decimalsMax} decimals`,
      "EventBridge compares no others",
    );
  }
  return { name: String(name), bound, holds };
}
