import type { JsonObject, JsonValue } from "../../../shared/core/json.ts";

/** One plain value of an event, with every list element that it stands in, by the list's pointer. */
interface Entry {
  readonly path: string;
  readonly elements: Readonly<Record<string, number>>;
  readonly value: string | number | boolean | null;
}

type Demands = ReadonlyMap<string, readonly JsonValue[]>;

/**
 * Whether an event matches, found the slow way: every combination of plain values is tried, and kept
 * when no two of them stand in different elements of one list. Shares nothing with the matcher.
 */
export function bruteForceMatches(pattern: JsonObject, event: JsonObject): boolean {
  const entries = flatten(event, [], "", {});
  return choicesOf(pattern, []).some((demands) => {
    const paths = [...demands.keys()].sort();
    return holds(paths, demands, entries, []);
  });
}

function flatten(
  value: JsonValue,
  names: readonly string[],
  pointer: string,
  elements: Readonly<Record<string, number>>,
): Entry[] {
  if (value === null || typeof value !== "object")
    return [{ path: names.join("."), elements, value }];
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).flatMap((item, index) => {
      const isPlain = item === null || typeof item !== "object";
      const inside = isPlain ? elements : { ...elements, [pointer]: index };
      return flatten(item, names, `${pointer}[${index}]`, inside);
    });
  }
  return Object.entries(value).flatMap(([name, field]) =>
    flatten(field, [...names, name], `${pointer}/${name}`, elements),
  );
}

/** Each way to pick one object of every $or, as the demands that are left then. */
function choicesOf(pattern: JsonObject, names: readonly string[]): Demands[] {
  let choices: Demands[] = [new Map()];
  for (const [name, value] of Object.entries(pattern)) {
    let ways: Demands[];
    if (name === "$or") {
      ways = (value as readonly JsonObject[]).flatMap((each) => choicesOf(each, names));
    } else if (Array.isArray(value)) {
      ways = [new Map([[[...names, name].join("."), value as readonly JsonValue[]]])];
    } else {
      ways = choicesOf(value as JsonObject, [...names, name]);
    }
    choices = choices.flatMap((so) => ways.map((way) => new Map([...so, ...way])));
  }
  return choices;
}

function holds(
  paths: readonly string[],
  demands: Demands,
  entries: readonly Entry[],
  picked: readonly Entry[],
): boolean {
  const [path, ...rest] = paths;
  if (path === undefined) return true;
  const wanted = demands.get(path) ?? [];
  const here = entries.filter(
    (entry) => entry.path === path && picked.every((other) => agree(entry, other)),
  );
  const mayBeAbsent = wanted.some((item) => isOperator(item, "exists") && item.exists === false);
  if (mayBeAbsent && here.length === 0 && holds(rest, demands, entries, picked)) return true;
  return here.some(
    (entry) =>
      wanted.some((item) => passes(item, entry.value)) &&
      holds(rest, demands, entries, [...picked, entry]),
  );
}

function agree(left: Entry, right: Entry): boolean {
  return Object.entries(left.elements).every(
    ([list, index]) => right.elements[list] === undefined || right.elements[list] === index,
  );
}

function isOperator<Name extends string>(
  item: JsonValue,
  name: Name,
): item is { readonly [Key in Name]: JsonValue } {
  return item !== null && typeof item === "object" && Object.hasOwn(item, name);
}

function passes(item: JsonValue, value: Entry["value"]): boolean {
  if (item === null || typeof item !== "object") {
    return JSON.stringify(item) === JSON.stringify(value);
  }
  const text = typeof value === "string" ? value : undefined;
  if (isOperator(item, "exists")) return item.exists === true;
  if (isOperator(item, "anything-but")) return !excluded(item["anything-but"], value);
  if (isOperator(item, "numeric")) {
    return typeof value === "number" && inRange(item.numeric as readonly JsonValue[], value);
  }
  if (text === undefined) return false;
  if (isOperator(item, "prefix"))
    return new RegExp(`^${source(item.prefix)}`, flags(item.prefix)).test(text);
  if (isOperator(item, "suffix"))
    return new RegExp(`${source(item.suffix)}$`, flags(item.suffix)).test(text);
  if (isOperator(item, "equals-ignore-case"))
    return new RegExp(`^${source(item)}$`, "is").test(text);
  if (isOperator(item, "wildcard")) return wildcardForm(String(item.wildcard)).test(text);
  if (isOperator(item, "cidr")) return inBlock(String(item.cidr), text);
  throw new Error(`the oracle does not know ${JSON.stringify(item)}`);
}

function excluded(what: JsonValue, value: Entry["value"]): boolean {
  if (what === null || typeof what !== "object") return what === value;
  if (Array.isArray(what)) return (what as readonly JsonValue[]).includes(value);
  return Object.entries(what).some(([name, wanted]) =>
    [wanted].flat().some((each) => passes({ [name]: each as JsonValue }, value)),
  );
}

function inRange(terms: readonly JsonValue[], value: number): boolean {
  const signs: Readonly<Record<string, readonly number[]>> = {
    "=": [0],
    ">": [1],
    ">=": [0, 1],
    "<": [-1],
    "<=": [-1, 0],
  };
  return terms.every((term, at) =>
    at % 2 === 1 ? true : signs[String(term)]?.includes(Math.sign(value - Number(terms[at + 1]))),
  );
}

function source(wanted: JsonValue): string {
  const text = typeof wanted === "string" ? wanted : String(Object.values(wanted as JsonObject)[0]);
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function flags(wanted: JsonValue): string {
  return typeof wanted === "string" ? "s" : "is";
}

function wildcardForm(text: string): RegExp {
  const parts = text.match(/\\.|[^\\]/gs) ?? [];
  const form = parts.map((part) => (part === "*" ? ".*" : source(part.replace(/^\\/, ""))));
  return new RegExp(`^${form.join("")}$`, "s");
}

/** IPv4 only, as one number. */
function inBlock(block: string, text: string): boolean {
  const [base = "", bits = ""] = block.split("/");
  const asNumber = (address: string): number =>
    address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  if (!/^\d+(\.\d+){3}$/.test(text)) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(asNumber(base) / size) === Math.floor(asNumber(text) / size);
}
