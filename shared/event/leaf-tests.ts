import type { JsonValue } from "../core/json.ts";
import { nearestName } from "../core/nearest-name.ts";
import { anythingBut } from "./anything-but.ts";
import { endsIgnoringCase, equalsIgnoringCase, forms, startsIgnoringCase } from "./ignore-case.ts";
import { isInRange, isSameIp, parseIp, parseIpRange } from "./ip-address.ts";
import { numericTest } from "./numeric.ts";
import { type LeafTest, PatternMistake } from "./pattern.ts";
import { ofTexts, textOf, wildcardTest } from "./text-tests.ts";

/** What one item of a field's list asks for: a test of the value, or that there is none. */
export type Item = LeafTest | "absent";

type Operator = (value: JsonValue, pointer: string) => Item;

const operators: Readonly<Record<string, Operator>> = {
  prefix: (value, pointer) =>
    textOrIgnoringCase(value, pointer, {
      words: (text) => `a text that begins with ${JSON.stringify(text)}`,
      exact: (wanted) => (text) => text.startsWith(wanted),
      ignoringCase: (wanted) => (text) => startsIgnoringCase(wanted, text),
    }),
  suffix: (value, pointer) =>
    textOrIgnoringCase(value, pointer, {
      words: (text) => `a text that ends with ${JSON.stringify(text)}`,
      exact: (wanted) => (text) => text.endsWith(wanted),
      ignoringCase: (wanted) => (text) => endsIgnoringCase(wanted, text),
    }),
  "equals-ignore-case": (value, pointer) => {
    const wanted = forms(textOf(value, pointer));
    return ofTexts(`${JSON.stringify(value)} in any case`, (text) =>
      equalsIgnoringCase(wanted, text),
    );
  },
  wildcard: wildcardTest,
  numeric: numericTest,
  cidr: (value, pointer) => {
    const range = parseIpRange(textOf(value, pointer));
    if (typeof range === "string") {
      throw new PatternMistake(pointer, range, "such as 10.0.0.0/24 or 2001:db8::/32");
    }
    return ofTexts(`an address in ${String(value)}`, (text) => {
      const address = parseIp(text);
      return address !== undefined && isInRange(range, address);
    });
  },
  exists: (value, pointer) => {
    if (value === false) return "absent";
    if (value === true) return { words: "anything", matches: () => true };
    throw new PatternMistake(pointer, "must be true or false");
  },
  "anything-but": anythingBut,
};

/** Names that stand for something inside a list, and so cannot be names of fields inside of `$or`. */
export const operatorNames: readonly string[] = Object.keys(operators);

/** Reads one item of a field's list. */
export function readItem(item: JsonValue, pointer: string): Item {
  if (typeof item !== "object" || item === null) return equalTo(item);
  if (Array.isArray(item)) {
    throw new PatternMistake(
      pointer,
      "must be a text, a number, true, false, null or an operator, not a list",
    );
  }
  const [[name, value] = [], ...more] = Object.entries(item);
  if (name === undefined || value === undefined || more.length > 0) {
    throw new PatternMistake(
      pointer,
      "must have exactly one operator",
      'give each operator an object of its own: [{"prefix": "a"}, {"suffix": "z"}]',
    );
  }
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (operator !== undefined) return operator(value, `${pointer}/${name}`);
  const near = nearestName(name, operatorNames);
  throw new PatternMistake(
    pointer,
    `there is no operator ${JSON.stringify(name.slice(0, 80))}`,
    near === undefined
      ? `the operators are ${operatorNames.join(", ")}`
      : `did you mean "${near}"?`,
  );
}

/** Numbers by value; texts to the letter, but addresses however they are written. */
function equalTo(wanted: string | number | boolean | null): LeafTest {
  const words = JSON.stringify(wanted);
  const address = typeof wanted === "string" ? parseIp(wanted) : undefined;
  if (address === undefined) return { words, matches: (value) => value === wanted };
  return ofTexts(words, (text) => {
    const candidate = parseIp(text);
    return candidate !== undefined && isSameIp(address, candidate);
  });
}

interface TextOperator {
  readonly words: (text: string) => string;
  readonly exact: (wanted: string) => (text: string) => boolean;
  readonly ignoringCase: (wanted: readonly (readonly string[])[]) => (text: string) => boolean;
}

function textOrIgnoringCase(value: JsonValue, pointer: string, operator: TextOperator): LeafTest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const wanted = textOf(value, pointer);
    return ofTexts(operator.words(wanted), operator.exact(wanted));
  }
  const [[name, inner] = [], ...more] = Object.entries(value);
  if (name !== "equals-ignore-case" || inner === undefined || more.length > 0) {
    throw new PatternMistake(
      pointer,
      "must be a text, or an object with nothing but equals-ignore-case",
    );
  }
  const wanted = textOf(inner, `${pointer}/equals-ignore-case`);
  return ofTexts(`${operator.words(wanted)} in any case`, operator.ignoringCase(forms(wanted)));
}
