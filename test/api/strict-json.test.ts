import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberFault } from "../../functions/api/wire/number-literal.ts";
import { parseStrictJson } from "../../functions/api/wire/strict-json.ts";

const bounds = { depthMax: 20, keysMax: 1_000 };

function parse(text: string) {
  return parseStrictJson(text, bounds);
}

function rejectionOf(text: string) {
  const parsed = parse(text);
  if (parsed.outcome === "parsed") throw new Error(`was taken: ${text}`);
  return parsed.rejection;
}

const wellFormed = (of: string): boolean => !/\p{Surrogate}/u.test(of);
const reserved = new Set(["__proto__", "constructor", "prototype"]);
const key = fc.string({ unit: "binary" }).filter((text) => !reserved.has(text) && wellFormed(text));
const text = fc.string({ unit: "binary" }).filter(wellFormed);
const { value: harmless } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.constantFrom(true, false, null),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 20 }),
  ),
}));

/** The same value in another spelling: escapes, spaces, line ends. */
function respelt(json: string, spaces: string): string {
  return JSON.stringify(JSON.parse(json), undefined, spaces).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

describe("strict JSON", () => {
  it("takes whatever JSON.stringify writes, in any spelling, and gives the same value", () => {
    fc.assert(
      fc.property(harmless, fc.constantFrom("", " ", "\t"), (value, spaces) => {
        const written = JSON.stringify(value);
        const plain = JSON.parse(written);
        for (const spelling of [written, respelt(written, spaces)]) {
          expect(parse(spelling)).toEqual({ outcome: "parsed", value: plain });
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never takes what JSON.parse refuses, and never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0123e-.d8 tn') })),
        (junk) => {
          let valid = true;
          try {
            JSON.parse(junk);
          } catch {
            valid = false;
          }
          if (!valid) expect(rejectionOf(junk).code).toBe("malformed_json");
          else expect(["parsed", "rejected"]).toContain(parse(junk).outcome);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("finds a key given twice wherever it is, and points at it", () => {
    const path = fc.array(fc.oneof(key, fc.nat({ max: 3 })), { maxLength: 8 });
    fc.assert(
      fc.property(path, key, fc.integer({ min: 0, max: 30 }), (parts, twice, others) => {
        const between = Array.from(
          { length: others },
          (_, i) => `${JSON.stringify(`${twice}${i}`)}:{"x":[]},`,
        );
        const inner = `{${JSON.stringify(twice)}:1,${between.join("")}${JSON.stringify(twice)}:2}`;
        const whole = parts.reduceRight<string>(
          (of, part) =>
            typeof part === "number"
              ? `[${"0,".repeat(part)}${of}]`
              : `{"\\u0000":0,${JSON.stringify(part)}:${of}}`,
          inner,
        );
        fc.pre(!parts.includes("\u0000"));
        const { pointer = "" } = rejectionOf(whole);
        expect(pointer).toBe(
          [...parts, twice]
            .map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
            .join(""),
        );
      }),
    );
  });

  it("counts keys of all objects, and levels of all kinds", () => {
    const keys = (count: number) =>
      `{"a":{${Array.from({ length: count }, (_, i) => `"${i}":0`).join(",")}}}`;
    expect(parse(keys(999)).outcome).toBe("parsed");
    expect(rejectionOf(keys(1_000)).pointer).toBe("/a/999");
    const levels = (count: number) => `${'{"a":['.repeat(count / 2)}${"]}".repeat(count / 2)}`;
    expect(parse(levels(20)).outcome).toBe("parsed");
    expect(rejectionOf(levels(22)).detail).toContain("20 levels");
  });

  it("names line and column, and never quotes what it could not read", () => {
    expect(rejectionOf('{\n  "a": 1,\n  "a": 2\n}').detail).toContain("line 3, column 3");
    const { detail } = rejectionOf('{"password": "hunter2" oops}');
    expect(detail).toBe("the body is not valid JSON at line 1, column 24");
  });
});

describe("numbers of JSON", () => {
  it("that JSON.stringify writes are kept", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberFault(JSON.stringify(value))).toBeUndefined();
        expect(numberFault(value.toExponential())).toBeUndefined();
        // As other languages print the same float.
        if (!Number.isInteger(value)) expect(numberFault(value.toPrecision(17))).toBeUndefined();
      }),
    );
  });

  it("that are whole are kept exactly or refused", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (whole) => {
        // What JSON.stringify prints for the float, without its exponent.
        const shown = Number(whole).toLocaleString("en", { useGrouping: false });
        expect(numberFault(String(whole)) === undefined).toBe(shown === String(whole));
      }),
    );
  });

  it.each([
    ["1e400", "too large"],
    ["-1e309", "too large"],
    ["1e-400", "too close to zero"],
    ["9007199254740993", "would become 9007199254740992"],
    ["0.1234567890123456789", "would become"],
    ["123456789012345678901234567890", "would become"],
  ])("are refused when they would change: %s", (literal, why) => {
    expect(numberFault(literal)).toContain(why);
  });

  it.each([
    "0",
    "-0",
    "0.0e5",
    "00".slice(1),
    "1.50",
    "100e-2",
    "1E+2",
    "9007199254740992",
    "1e22",
    "0.1",
    "5e-324",
    "0.30000000000000004",
    "12345678901234567000",
  ])("are kept in any spelling: %s", (literal) => {
    expect(numberFault(literal)).toBeUndefined();
  });

  it("of hostile length are judged without delay", () => {
    expect(numberFault(`1${"0".repeat(300)}.${"0".repeat(200_000)}1`)).toContain("would become");
    expect(numberFault(`0.${"0".repeat(300_000)}1`)).toContain("too close to zero");
  });
});
