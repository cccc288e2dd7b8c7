import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRuleSet, defaultRuleName } from "../../../shared/routing/rules/compile.ts";
import type { Condition, RuleValue } from "../../../shared/routing/rules/condition.ts";
import { compileCondition } from "../../../shared/routing/rules/evaluate.ts";
import { formatCondition } from "../../../shared/routing/rules/format-condition.ts";
import { parseCondition } from "../../../shared/routing/rules/parse-condition.ts";
import type { Features, RoutingRule } from "../../../shared/routing/rules/rule-set.ts";
import { anyCondition, anyFeatures } from "./condition-arbitraries.ts";

/** 1 for true, 0 for false, one half for unknown: Kleene's logic is then minimum and maximum. */
function naive(condition: Condition, features: Features): number {
  switch (condition.kind) {
    case "and":
      return Math.min(...condition.parts.map((part) => naive(part, features)));
    case "or":
      return Math.max(...condition.parts.map((part) => naive(part, features)));
    case "not":
      return 1 - naive(condition.inner, features);
    case "compare": {
      const given = features[condition.feature];
      if (given === undefined) return 0.5;
      const wanted = canonical(condition.feature, condition.value);
      const signs = { "<": "-1", "<=": "-1 0", ">": "1", ">=": "0 1", "=": "0", "!=": "-1 1" };
      const sign = given < wanted ? -1 : given > wanted ? 1 : 0;
      return signs[condition.operator].split(" ").includes(String(sign)) ? 1 : 0;
    }
    case "in": {
      const given = features[condition.feature];
      if (given === undefined) return 0.5;
      const found = condition.values.some((value) => canonical(condition.feature, value) === given);
      return found !== condition.negated ? 1 : 0;
    }
  }
}

const inSeconds = { ms: 1 / 1_000, s: 1, m: 60, h: 3_600, d: 86_400 };
const factors: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  execution_time_estimate: inSeconds,
  execution_time_variance: inSeconds,
  latency_requirement: { ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 },
  input_bytes: { "": 1, B: 1, KB: 1_024, MB: 1_048_576, GB: 1_073_741_824 },
  memory_requirement: { KB: 1 / 1_048_576, MB: 1 / 1_024, GB: 1, TB: 1_024 },
  storage_requirement: { KB: 1 / 1_048_576, MB: 1 / 1_024, GB: 1, TB: 1_024 },
  network_bandwidth_requirement: { Kbps: 1 / 1_000, Mbps: 1, Gbps: 1_000 },
};

function canonical(feature: string, value: RuleValue): string | number | boolean {
  if (value.kind === "text") return value.text;
  if (value.kind === "boolean") return value.value;
  const factor = factors[feature]?.[value.unit] ?? 1;
  return Number((value.number * factor).toPrecision(15));
}

const truths = new Map<unknown, number>([
  [true, 1],
  [false, 0],
  [undefined, 0.5],
]);

describe("conditions", () => {
  it("mean what a plain reading of them means, with unknown features as unknown", () => {
    fc.assert(
      fc.property(anyCondition, anyFeatures, (condition, features) => {
        const truth = compileCondition(condition)(features);
        expect(truths.get(truth)).toBe(naive(condition, features));
      }),
      { numRuns: 2_000 },
    );
  });

  it("come back the same from their canonical text, which is its own canonical text", () => {
    fc.assert(
      fc.property(anyCondition, (condition) => {
        const text = formatCondition(condition);
        expect(parseCondition(text)).toEqual({ outcome: "done", condition });
        expect(formatCondition(text)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });

  it("do not match, negated or not, when the one feature they ask about is unknown", () => {
    fc.assert(
      fc.property(anyCondition, (condition) => {
        expect(compileCondition(condition)({})).toBe(undefined);
        expect(compileCondition({ kind: "not", inner: condition })({})).toBe(undefined);
      }),
    );
  });

  it("keep their truth when more becomes known", () => {
    fc.assert(
      fc.property(anyCondition, anyFeatures, anyFeatures, (condition, more, features) => {
        const test = compileCondition(condition);
        const before = test(features);
        if (before !== undefined) expect(test({ ...more, ...features })).toBe(before);
      }),
    );
  });

  it("are refused, never thrown at, whatever the text", () => {
    const words = fc.constantFrom(
      ..."AND OR NOT IN ( ) [ ] , < <= = stateful task 5s 2_cores 'a' true \n \\ ' # é".split(" "),
    );
    const anyText = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join(" ")),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseCondition(text);
        if (parsed.outcome === "done") return;
        expect(parsed.mistakes.length).toBeGreaterThan(0);
        for (const { line, column, message } of parsed.mistakes) {
          expect(message).not.toBe("");
          const lines = text.split("\n");
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("rule sets", () => {
  it("are decided by the first rule that matches, by priority and then by order", () => {
    const rule = fc.record({
      condition: anyCondition,
      priority: fc.constantFrom("low", "medium", "high"),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), anyFeatures, (drafts, features) => {
        const rules = drafts.map(
          ({ condition, priority }, place): RoutingRule => ({
            name: `rule_${place}`,
            when: formatCondition(condition),
            type: "edge",
            priority,
          }),
        );
        const set = checkRuleSet({ name: "rules", rules, policy: { name: "cost-first" } });
        if ("mistakes" in set) throw new Error(JSON.stringify(set.mistakes));
        const matching = drafts.flatMap(({ condition, priority }, place) =>
          naive(condition, features) === 1 ? [{ name: `rule_${place}`, priority }] : [],
        );
        const first =
          matching.find(({ priority }) => priority === "high") ??
          matching.find(({ priority }) => priority === "medium") ??
          matching[0];
        const decided = set.classify(features);
        expect(decided.rule).toBe(first?.name ?? defaultRuleName);
        expect(decided.open).toBe(first === undefined);
      }),
      { numRuns: 500 },
    );
  });
});
