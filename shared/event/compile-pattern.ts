import type { JsonArray, JsonObject, JsonValue } from "../core/json.ts";
import { limits } from "../core/limits.ts";
import { operatorNames, readItem } from "./leaf-tests.ts";
import {
  type CompiledPattern,
  type FieldCondition,
  type LeafTest,
  type PatternErrors,
  PatternMistake,
} from "./pattern.ts";

/** Names that EventBridge keeps for itself inside of `$or`. */
const reservedInOr: ReadonlySet<string> = new Set([...operatorNames, "exactly", "regex"]);

/** Any of the alternatives, each of them all of its members. */
type Clause =
  | { readonly kind: "field"; readonly condition: FieldCondition }
  | { readonly kind: "all"; readonly of: readonly Clause[] }
  | { readonly kind: "any"; readonly of: readonly Clause[] };

/** Reads an EventBridge event pattern, or says what is wrong with it and where. */
export function compilePattern(json: JsonValue): CompiledPattern | PatternErrors {
  try {
    return compile(json);
  } catch (mistake) {
    if (mistake instanceof PatternMistake) return { errors: [mistake.error] };
    throw mistake;
  }
}

function compile(json: JsonValue): CompiledPattern {
  if (!isObject(json)) throw new PatternMistake("", "a pattern must be an object");
  const text = JSON.stringify(json);
  if (text.length > limits.patternCharsMax) {
    const most = limits.patternCharsMax;
    throw new PatternMistake(
      "",
      `the pattern has ${text.length} characters, at most ${most} are possible`,
    );
  }
  refuseManyWildcards(text);
  const clause = readObject(json, { path: undefined, pointer: "", isInOr: false });
  const count = countAlternatives(clause);
  if (count > limits.patternCombinationsMax) {
    throw new PatternMistake(
      "",
      `$or makes ${count} combinations, at most ${limits.patternCombinationsMax} are possible`,
      "make several triggers of it",
    );
  }
  const alternatives = alternativesOf(clause).map(sorted);
  return { alternatives, prefixes: prefixesOf(alternatives) };
}

interface Place {
  /** Absent at the root. */
  readonly path: string | undefined;
  readonly pointer: string;
  readonly isInOr: boolean;
}

function readObject(object: JsonObject, place: Place): Clause {
  const entries = Object.entries(object);
  if (entries.length === 0) {
    throw new PatternMistake(
      place.pointer,
      place.pointer === "" ? "an empty pattern matches nothing" : "must not be empty",
      'a field needs a list of values, such as ["aws.s3"] or [{"exists": true}]',
    );
  }
  return { kind: "all", of: entries.map(([name, value]) => readMember(name, value, place)) };
}

function readMember(name: string, value: JsonValue, place: Place): Clause {
  const pointer = `${place.pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  if (name === "$or") return readOr(value, place, pointer);
  if (place.isInOr && reservedInOr.has(name)) {
    throw new PatternMistake(
      pointer,
      "is the name of an operator, which cannot be a field inside of $or",
      `put it into the field's list: [{"${name}": …}]`,
    );
  }
  const path = place.path === undefined ? name : `${place.path}.${name}`;
  if (isArray(value)) return { kind: "field", condition: readList(value, path, pointer) };
  if (isObject(value)) return readObject(value, { path, pointer, isInOr: place.isInOr });
  throw new PatternMistake(
    pointer,
    "must be a list of values, or an object with further fields",
    operatorNames.includes(name)
      ? `an operator stands in its field's list: [{"${name}": ${JSON.stringify(value)}}]`
      : `put it into a list: [${JSON.stringify(value)}]`,
  );
}

function readOr(value: JsonValue, { path }: Place, pointer: string): Clause {
  if (!isArray(value) || value.length < 2) {
    throw new PatternMistake(pointer, "must be a list of at least two objects");
  }
  const of = value.map((each, index) => {
    const at = `${pointer}/${index}`;
    if (!isObject(each)) throw new PatternMistake(at, "must be an object with fields");
    return readObject(each, { path, pointer: at, isInOr: true });
  });
  return { kind: "any", of };
}

function readList(list: JsonArray, path: string, pointer: string): FieldCondition {
  if (list.length === 0) {
    throw new PatternMistake(
      pointer,
      "an empty list matches nothing",
      'for fields that are not there, write [{"exists": false}]',
    );
  }
  const tests: LeafTest[] = [];
  let orAbsent = false;
  for (const [index, json] of list.entries()) {
    const item = readItem(json, `${pointer}/${index}`);
    if (item === "absent") orAbsent = true;
    else tests.push(item);
  }
  return { path, pointer, tests, orAbsent };
}

function countAlternatives(clause: Clause): number {
  switch (clause.kind) {
    case "field":
      return 1;
    case "all":
      return clause.of.reduce((product, each) => product * countAlternatives(each), 1);
    case "any":
      return clause.of.reduce((sum, each) => sum + countAlternatives(each), 0);
  }
}

function alternativesOf(clause: Clause): readonly (readonly FieldCondition[])[] {
  switch (clause.kind) {
    case "field":
      return [[clause.condition]];
    case "any":
      return clause.of.flatMap(alternativesOf);
    case "all":
      return clause.of.reduce<readonly (readonly FieldCondition[])[]>(
        (so, each) => {
          const further = alternativesOf(each);
          return so.flatMap((begun) => further.map((more) => [...begun, ...more]));
        },
        [[]],
      );
  }
}

/** EventBridge looks at fields in the order of their paths, which decides what "absent" is about. */
function sorted(conditions: readonly FieldCondition[]): readonly FieldCondition[] {
  const inOrder = conditions.toSorted((left, right) => (left.path < right.path ? -1 : 1));
  const seen = new Set<string>();
  for (const { path, pointer } of conditions) {
    if (seen.has(path)) {
      throw new PatternMistake(
        pointer,
        `the field ${path} has a condition already`,
        "give a field one list; what excludes each other belongs into alternatives of $or",
      );
    }
    seen.add(path);
  }
  return inOrder;
}

function prefixesOf(alternatives: CompiledPattern["alternatives"]): ReadonlySet<string> {
  const prefixes = new Set<string>();
  for (const { path } of alternatives.flat()) {
    for (let at = path.indexOf("."); at >= 0; at = path.indexOf(".", at + 1)) {
      prefixes.add(path.slice(0, at));
    }
    prefixes.add(path);
  }
  return prefixes;
}

/** Asterisks of all kinds, so that it is simple to say and to count. */
function refuseManyWildcards(text: string): void {
  if (!text.includes('"wildcard"')) return;
  const asterisks = text.split("*").length - 1;
  if (asterisks <= limits.patternWildcardsMax) return;
  throw new PatternMistake(
    "",
    `the pattern has ${asterisks} asterisks, at most ${limits.patternWildcardsMax} are possible`,
    "use prefix or suffix where one end of the text is known",
  );
}

function isArray(value: JsonValue): value is JsonArray {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
