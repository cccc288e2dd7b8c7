import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type JsonValue } from "../../../shared/core/json.ts";

describe("canonical JSON", () => {
  // RFC 8785, section 3.2.3: names are sorted by their UTF-16 code units.
  it("sorts names as RFC 8785 shows", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis",
    };
    expect([...canonicalJson(value).matchAll(/:"([^"]+)"/g)].map(([, name]) => name)).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  // RFC 8785, section 3.2.2: the whole example, numbers and escapes included.
  it("writes the RFC's example exactly as the RFC does", () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalJson(JSON.parse(text))).toBe(
      `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it.each([
    ["0", "-0"],
    ["0", "0.000"],
    ["10", "1e1"],
    ["-0.5", "-5E-1"],
    ["9007199254740992", "9007199254740993"],
  ])("takes %s and %s for the same number", (left, right) => {
    expect(canonicalJson(JSON.parse(left))).toBe(canonicalJson(JSON.parse(right)));
  });

  it("keeps names that JavaScript gives a meaning", () => {
    const value: JsonValue = JSON.parse('{"__proto__":{"a":1},"constructor":2}');
    expect(canonicalJson(value)).toBe('{"__proto__":{"a":1},"constructor":2}');
  });

  it("leaves out what is undefined, as JSON does", () => {
    const absent: Record<string, JsonValue> = { a: 1, b: JSON.parse("null") };
    expect(canonicalJson(absent)).toBe('{"a":1,"b":null}');
  });

  it("gives one text for one value, however its names were ordered, and that text is its value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const given = JSON.parse(JSON.stringify(value));
        const text = canonicalJson(given);
        expect(canonicalJson(reversed(given))).toBe(text);
        expect(JSON.parse(text)).toEqual(given);
      }),
    );
  });
});

/** The same value with its names in another order. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([name, member]) => [name, reversed(member)]));
}
