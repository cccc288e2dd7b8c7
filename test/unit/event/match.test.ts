import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import { compilePattern } from "../../../shared/event/compile-pattern.ts";
import { type MatchResult, matchEvent } from "../../../shared/event/match.ts";
import { isPatternErrors } from "../../../shared/event/pattern.ts";

function match(pattern: JsonObject, event: JsonObject): MatchResult {
  const compiled = compilePattern(pattern);
  if (isPatternErrors(compiled)) throw new Error(JSON.stringify(compiled.errors));
  return matchEvent(compiled, event);
}

const verdicts: [string, JsonObject, JsonObject, boolean][] = [
  ["takes names with dots for two names", { "a.b": ["x"] }, { a: { b: "x" } }, true],
  ["takes two names for one with a dot", { a: { b: ["x"] } }, { "a.b": "x" }, true],
  ["keeps the case of names", { A: ["x"] }, { a: "x" }, false],
  ["keeps the case of values", { a: ["X"] }, { a: "x" }, false],
  ["keeps true and the text true apart", { a: ["true"] }, { a: true }, false],
  ["keeps false and null apart", { a: [null] }, { a: false }, false],
  ["compares numbers by value", { a: [300] }, { a: 3e2 }, true],
  ["keeps numbers and texts apart", { a: [300] }, { a: "300" }, false],
  ["compares addresses by value", { a: ["::1"] }, { a: "0:0:0:0:0:0:0:1" }, true],
  [
    "takes an address of IPv4 inside IPv6 for itself",
    { a: ["10.0.0.1"] },
    { a: "::ffff:a00:1" },
    true,
  ],
  [
    "compares what only looks like an address as text",
    { a: ["999.0.0.1"] },
    { a: "999.0.0.1" },
    true,
  ],
  ["finds umlauts in any case", { a: [{ "equals-ignore-case": "ÄPFEL" }] }, { a: "äpfel" }, true],
  ["knows longer capitals", { a: [{ "equals-ignore-case": "straße" }] }, { a: "STRASSE" }, true],
  [
    "takes characters beyond the basic plane whole",
    { a: [{ suffix: { "equals-ignore-case": "x😀" } }] },
    { a: "aX😀" },
    true,
  ],
  ["finds an empty prefix in every text", { a: [{ prefix: "" }] }, { a: "" }, true],
  ["finds an empty prefix in no number", { a: [{ prefix: "" }] }, { a: 1 }, false],
  ["finds an empty wildcard in the empty text only", { a: [{ wildcard: "" }] }, { a: "x" }, false],
  [
    "compares numbers beyond the documented range by value",
    { a: [{ numeric: [">", 0] }] },
    { a: 6e9 },
    true,
  ],
  ["looks into lists in lists", { a: ["x"] }, { a: [[["x"]]] }, true],
  ["takes two fields of one element", { a: { b: [1], c: [2] } }, { a: [{ b: 1, c: 2 }] }, true],
  [
    "takes no two fields of two elements",
    { a: { b: [1], c: [2] } },
    { a: [{ b: 1 }, { c: 2 }] },
    false,
  ],
  [
    "takes fields of two lists freely",
    { a: { b: [1] }, c: { d: [2] } },
    { a: [{}, { b: 1 }], c: [{ d: 2 }] },
    true,
  ],
  ["takes plain elements freely", { a: ["x"], b: ["y"] }, { a: ["z", "x"], b: ["y", "z"] }, true],
  [
    "keeps to one element at every depth",
    { a: { n: [1], b: { x: [1], y: [2] } } },
    {
      a: [
        { n: 1, b: [{ x: 1 }] },
        { n: 2, b: [{ x: 1, y: 2 }] },
      ],
    },
    false,
  ],
  [
    "takes absence inside the chosen element",
    { a: { b: ["x"], c: [{ exists: false }] } },
    { a: [{ b: "x" }, { c: 1 }] },
    true,
  ],
  [
    "takes absence before a choice for absence everywhere",
    { a: { b: [{ exists: false }], c: ["x"] } },
    { a: [{ b: 1 }, { c: "x" }] },
    false,
  ],
  ["finds nothing inherited", { constructor: [{ exists: true }] }, {}, false],
];

const reasons: [JsonObject, JsonObject, string, string][] = [
  [
    { detail: { state: ["on"] } },
    { detail: {} },
    "detail.state",
    'the event has no value at detail.state, which must be "on"',
  ],
  [
    { detail: { state: ["on", { prefix: "o" }] } },
    { detail: { state: "up" } },
    "detail.state",
    'detail.state is "up", not "on" or a text that begins with "o"',
  ],
  [
    { a: [{ exists: false }] },
    { a: [1, 2, 3, 4, 5] },
    "a",
    "a is 1, 2, 3 and 2 more, but must not be there",
  ],
  [
    { a: [{ "anything-but": ["x", "y"] }] },
    { a: "y" },
    "a",
    'a is "y", not anything but what is "x" or is "y"',
  ],
  [{ a: [{ numeric: [">", 0, "<=", 5] }] }, { a: 7 }, "a", "a is 7, not a number > 0 and <= 5"],
  [
    { l: { b: [1], c: [2] } },
    { l: [{ b: 1 }, { c: 2 }] },
    "l",
    "no single element of the list l has all of l.b, l.c as they must be",
  ],
  [
    { $or: [{ a: [1] }, { b: [1], c: [1] }] },
    { b: 2, c: 1 },
    "a",
    "none of 2 alternatives holds; the nearest: the event has no value at a, which must be 1",
  ],
];

const mistakes: [string, JsonValue, string, RegExp][] = [
  ["is an object", ["x"], "", /must be an object/],
  ["is not empty", {}, "", /empty pattern/],
  ["has no empty objects", { detail: {} }, "/detail", /must not be empty/],
  ["has no empty lists", { resources: [] }, "/resources", /empty list/],
  ["has its values in lists", { source: "aws.s3" }, "/source", /must be a list/],
  ["has its operators in lists", { detail: { exists: false } }, "/detail/exists", /must be a list/],
  ["knows its operators", { a: [{ prefx: "x" }] }, "/a/0", /no operator "prefx"/],
  ["knows operators by their exact names", { a: [{ EXISTS: true }] }, "/a/0", /no operator/],
  ["has one operator in an object", { a: [{ prefix: "x", suffix: "y" }] }, "/a/0", /exactly one/],
  ["has no lists in lists", { a: [["x"]] }, "/a/0", /not a list/],
  ["has texts as prefixes", { a: [{ prefix: 1 }] }, "/a/0/prefix", /must be a text/],
  ["has no lists of prefixes", { a: [{ prefix: ["x"] }] }, "/a/0/prefix", /must be a text/],
  [
    "has no other operators in prefixes",
    { a: [{ prefix: { wildcard: "x" } }] },
    "/a/0/prefix",
    /equals-ignore-case/,
  ],
  [
    "has no asterisks in a row",
    { a: [{ wildcard: "a**b" }] },
    "/a/0/wildcard",
    /in a row at character 2/,
  ],
  ["has no strange escapes", { a: [{ wildcard: "a\\b" }] }, "/a/0/wildcard", /escapes neither/],
  ["says true or false for exists", { a: [{ exists: "true" }] }, "/a/0/exists", /true or false/],
  ["excludes something", { a: [{ "anything-but": [] }] }, "/a/0/anything-but", /empty list/],
  [
    "excludes values of one kind",
    { a: [{ "anything-but": ["x", 1] }] },
    "/a/0/anything-but",
    /only texts or only numbers/,
  ],
  ["excludes no null", { a: [{ "anything-but": null }] }, "/a/0/anything-but", /must be a text/],
  [
    "excludes no empty prefix",
    { a: [{ "anything-but": { prefix: "" } }] },
    "/a/0/anything-but/prefix",
    /not be empty/,
  ],
  [
    "excludes no numeric range",
    { a: [{ "anything-but": { numeric: ["<", 1] } }] },
    "/a/0/anything-but/numeric",
    /cannot be excluded/,
  ],
  [
    "names the item that is wrong",
    { a: [{ "anything-but": { suffix: ["x", 1] } }] },
    "/a/0/anything-but/suffix/1",
    /must be a text/,
  ],
  [
    "compares numbers by known signs",
    { a: [{ numeric: ["==", 1] }] },
    "/a/0/numeric/0",
    /one of =/,
  ],
  ["compares with numbers", { a: [{ numeric: [">", "1"] }] }, "/a/0/numeric/1", /must be a number/],
  [
    "has whole comparisons",
    { a: [{ numeric: [">", 0, "<"] }] },
    "/a/0/numeric",
    /one comparison, or two/,
  ],
  [
    "has ranges from below",
    { a: [{ numeric: ["<", 5, ">", 0] }] },
    "/a/0/numeric",
    /must begin with/,
  ],
  [
    "has ranges with something in them",
    { a: [{ numeric: [">", 5, "<", 5] }] },
    "/a/0/numeric",
    /not below/,
  ],
  [
    "has numbers that EventBridge compares",
    { a: [{ numeric: ["<", 5e9 + 1] }] },
    "/a/0/numeric/1",
    /-5e9 to 5e9/,
  ],
  [
    "has at most six decimals",
    { a: [{ numeric: ["<", 0.0000001] }] },
    "/a/0/numeric/1",
    /6 decimals/,
  ],
  ["has blocks of addresses", { a: [{ cidr: "10.0.0.0" }] }, "/a/0/cidr", /slash/],
  ["has addresses in blocks", { a: [{ cidr: "10.0.0.256/8" }] }, "/a/0/cidr", /IPv4 or IPv6/],
  ["has blocks larger than one address", { a: [{ cidr: "10.0.0.0/32" }] }, "/a/0/cidr", /0 to 31/],
  ["has lists of alternatives", { $or: { a: [1], b: [2] } }, "/$or", /at least two/],
  ["has more than one alternative", { $or: [{ a: [1] }] }, "/$or", /at least two/],
  ["has objects as alternatives", { $or: [{ a: [1] }, "b"] }, "/$or/1", /must be an object/],
  [
    "has no operators as alternatives",
    { a: { $or: [{ prefix: ["x"] }, { b: [1] }] } },
    "/a/$or/0/prefix",
    /operator/,
  ],
  ["names a field once", { a: { b: [1] }, "a.b": [2] }, "/a.b", /already/],
  [
    "names a field once beside $or",
    { a: [0], $or: [{ a: [1] }, { b: [2] }] },
    "/$or/0/a",
    /already/,
  ],
  ["has no more than 2,048 characters", { a: ["x".repeat(limits.patternCharsMax)] }, "", /2048/],
  [
    "has no more than 30 asterisks",
    { a: Array.from({ length: 31 }, (_, n) => ({ wildcard: `${n}*` })) },
    "",
    /31 asterisks/,
  ],
  [
    "has no more than 1,000 combinations",
    { a: { $or: combinations(11) }, b: { $or: combinations(10) }, c: { $or: combinations(10) } },
    "",
    /1100 combinations/,
  ],
  ["escapes its pointers", { "a/b": { "c~d": "x" } }, "/a~1b/c~0d", /must be a list/],
];

describe("matching", () => {
  it.each(verdicts)("%s", (_, pattern, event, matches) => {
    expect(match(pattern, event).matches).toBe(matches);
  });

  it.each(reasons)("says why not: %j of %j", (pattern, event, path, reason) => {
    expect(match(pattern, event)).toEqual({ matches: false, path, reason });
  });

  it("shows no more of a long value than helps", () => {
    const result = match({ a: ["x"] }, { a: "y".repeat(10_000) });
    expect(result.matches ? "" : result.reason.length).toBeLessThan(200);
  });

  it("is quick where backtracking would never end", () => {
    const wildcard = `${"*a".repeat(15)}*b`;
    expect(match({ a: [{ wildcard }] }, { a: "a".repeat(200_000) }).matches).toBe(false);
    const long = `*${"a".repeat(1_000)}b*`;
    expect(match({ a: [{ wildcard: long }] }, { a: "a".repeat(200_000) }).matches).toBe(false);
  });

  it("is quick where two lists could be combined a billion times", () => {
    const many = (name: string) => Array.from({ length: 3_000 }, (_, n) => ({ [name]: n }));
    const pattern = {
      a: { x: [-1] },
      b: { x: [{ exists: true }] },
      c: { x: [{ exists: true }] },
      d: { x: [-1] },
    };
    const event = { a: [{ x: -1 }], b: many("x"), c: many("x"), d: many("x") };
    expect(match(pattern, event).matches).toBe(false);
    const same = { l: { x: [{ exists: true }], y: [{ exists: true }], z: [-1] } };
    expect(match(same, { l: many("x").map((each) => ({ ...each, y: 1, z: 1 })) }).matches).toBe(
      false,
    );
  });

  it("gives up with a reason where names with dots make lists cross each other", () => {
    const list = (name: string): JsonValue => Array.from({ length: 60 }, (_, n) => ({ [name]: n }));
    const event: JsonObject = {
      a: { "b.c": list("4"), b: { c: list("1") } },
      "a.b": { c: list("2") },
      "a.b.c": list("3"),
    };
    const there = [{ exists: true }];
    const c = { 1: there, 2: there, 3: there, 4: there, 5: ["never"] };
    const result = match({ a: { b: { c } } }, event);
    expect(result).toMatchObject({ matches: false, path: "" });
    expect(result.matches ? "" : result.reason).toContain("too many ways");
  });

  it("looks no deeper than events may be", () => {
    let deep: JsonValue = { x: 1 };
    for (let depth = 0; depth < 50_000; depth++) deep = [deep];
    expect(match({ a: { x: [1] } }, { a: deep }).matches).toBe(false);
  });
});

describe("a pattern", () => {
  it.each(mistakes)("%s", (_, pattern, pointer, message) => {
    const compiled = compilePattern(pattern);
    if (!isPatternErrors(compiled)) throw new Error("it is a pattern");
    expect(compiled.errors[0]).toMatchObject({ pointer, message: expect.stringMatching(message) });
  });

  it("counts combinations as EventBridge does: lists of $or beside each other multiply", () => {
    const fits = {
      a: { $or: combinations(10) },
      b: { $or: combinations(10) },
      c: { $or: combinations(10) },
    };
    expect(isPatternErrors(compilePattern(fits))).toBe(false);
    expect(match(fits, { a: { k9: 1 }, b: { k0: 1 }, c: { k5: 1 } }).matches).toBe(true);
  });

  it("suggests the operator that was meant", () => {
    const compiled = compilePattern({ a: [{ "anthing-but": "x" }] });
    expect(isPatternErrors(compiled) && compiled.errors[0].suggestion).toBe(
      'did you mean "anything-but"?',
    );
  });
});

function combinations(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, n) => ({ [`k${n}`]: [1] }));
}
