import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../shared/core/json.ts";
import { compilePattern } from "../../../shared/event/compile-pattern.ts";
import { matchEvent } from "../../../shared/event/match.ts";
import { isPatternErrors } from "../../../shared/event/pattern.ts";
import { bruteForceMatches } from "./brute-force-oracle.ts";

const texts = ["", "x", "xy", "XY", "yx", "x*y", "xxyx", "a\\b", "10.0.0.1", "10.0.1.200"];
const numbers = [0, 1, 1.5, -2, 301.8];
const anyText = fc.constantFrom(...texts);
const anyNumber = fc.constantFrom(...numbers);
const anyLeaf: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 4, arbitrary: anyText },
  { weight: 2, arbitrary: anyNumber },
  fc.constantFrom(true, false, null),
);
const anyName = fc.constantFrom("a", "b", "c", "a.b", "a-b", "b.a");

const { event: anyEvent } = fc.letrec<{ event: JsonObject; value: JsonValue }>((tie) => ({
  event: fc.dictionary(anyName, tie("value"), { maxKeys: 3 }) as fc.Arbitrary<JsonObject>,
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 4, arbitrary: anyLeaf },
    { weight: 3, arbitrary: fc.array(tie("value"), { maxLength: 3 }) as fc.Arbitrary<JsonValue> },
    { weight: 3, arbitrary: tie("event") },
  ),
}));

const someTexts = fc.array(anyText, { minLength: 1, maxLength: 2 });
const someParts = fc.array(fc.constantFrom("x", "y", "xy", "10."), { minLength: 1, maxLength: 2 });
const wildcards = fc.constantFrom("*", "x*", "*y", "x*y", "*x*", "x\\*y", "*\\\\*", "*x*x*", "");
const anyCase = fc.record({ "equals-ignore-case": fc.constantFrom("x", "Xy", "YX") });
const anyItem: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 6, arbitrary: anyLeaf },
  fc.record({ prefix: fc.oneof(anyText, anyCase) }),
  fc.record({ suffix: fc.oneof(anyText, anyCase) }),
  anyCase,
  fc.record({ wildcard: wildcards }),
  { weight: 4, arbitrary: fc.record({ exists: fc.boolean() }) },
  fc.record({ cidr: fc.constantFrom("10.0.0.0/24", "10.0.0.0/16", "10.0.1.192/26") }),
  fc.record({
    numeric: fc.constantFrom<JsonValue>(
      ["=", 301.8],
      [">", 0],
      [">=", 1, "<", 5],
      ["<=", 0],
      [">", -5, "<=", 1.5],
    ),
  }),
  fc.record({
    "anything-but": fc.oneof(
      anyText,
      anyNumber,
      someTexts,
      fc.array(anyNumber, { minLength: 1, maxLength: 2 }),
      fc.record({ prefix: fc.oneof(fc.constantFrom("x", "y"), someParts) }),
      fc.record({ suffix: fc.oneof(fc.constantFrom("x", "y"), someParts) }),
      fc.record({ "equals-ignore-case": fc.oneof(anyText, someTexts) }),
      fc.record({
        wildcard: fc.oneof(wildcards, fc.array(wildcards, { minLength: 1, maxLength: 2 })),
      }),
    ),
  }),
);

const { pattern: anyPattern } = fc.letrec<{ pattern: JsonObject; member: JsonValue }>((tie) => ({
  pattern: fc
    .tuple(
      fc.dictionary(anyName, tie("member"), { minKeys: 1, maxKeys: 2 }),
      fc.option(fc.array(tie("pattern"), { minLength: 2, maxLength: 2 }), {
        freq: 4,
        maxDepth: 2,
      }),
    )
    .map(([fields, or]) => (or === null ? fields : { ...fields, $or: or }) as JsonObject),
  member: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    {
      weight: 3,
      arbitrary: fc.array(anyItem, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<JsonValue>,
    },
    { weight: 2, arbitrary: tie("pattern") },
  ),
}));

describe("the matcher", () => {
  it("agrees with brute force on any pattern and event", () => {
    let matched = 0;
    let compared = 0;
    fc.assert(
      fc.property(anyPattern, anyEvent, (pattern, event) => {
        const compiled = compilePattern(pattern);
        // A field named twice, and too large ones; everything else is a pattern.
        if (isPatternErrors(compiled)) return;
        const found = matchEvent(compiled, event);
        expect(found.matches).toBe(bruteForceMatches(pattern, event));
        compared += 1;
        if (found.matches) matched += 1;
      }),
      { numRuns: 12_000 },
    );
    // Both verdicts must be common, or the agreement would say little.
    expect(matched).toBeGreaterThan(compared / 20);
    expect(matched).toBeLessThan(compared);
  });

  it("agrees with brute force where lists of objects meet conditions that share them", () => {
    const field = fc.constantFrom("a", "b", "c");
    const element = fc.dictionary(field, fc.oneof(anyLeaf, fc.array(anyLeaf, { maxLength: 2 })), {
      maxKeys: 3,
    });
    const list = fc.array(element, { maxLength: 4 });
    const nested = fc.array(fc.record({ inner: list, c: anyLeaf }, { requiredKeys: [] }), {
      maxLength: 3,
    });
    const demand = fc.dictionary(field, fc.array(anyItem, { minLength: 1, maxLength: 3 }), {
      minKeys: 1,
    });
    const pattern = fc.record(
      {
        list: demand,
        nested: fc.record({ inner: demand, c: fc.array(anyItem, { minLength: 1, maxLength: 2 }) }),
      },
      { requiredKeys: ["list"] },
    );
    fc.assert(
      fc.property(pattern, list, nested, (wanted, elements, outer) => {
        const event = { list: elements, nested: outer } as unknown as JsonObject;
        const json = wanted as unknown as JsonObject;
        const compiled = compilePattern(json);
        if (isPatternErrors(compiled)) throw new Error(compiled.errors[0].message);
        expect(matchEvent(compiled, event).matches).toBe(bruteForceMatches(json, event));
      }),
      { numRuns: 4_000 },
    );
  });

  it("names a field and a reason whenever it does not match", () => {
    fc.assert(
      fc.property(anyPattern, anyEvent, (pattern, event) => {
        const compiled = compilePattern(pattern);
        if (isPatternErrors(compiled)) return;
        const found = matchEvent(compiled, event);
        if (!found.matches) expect(found.reason.length).toBeGreaterThan(10);
      }),
      { numRuns: 500 },
    );
  });
});
