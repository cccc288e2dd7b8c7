import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundedText } from "../../../shared/core/texts.ts";
import { formatCondition } from "../../../shared/routing/rules/format-condition.ts";
import { formatRulesText } from "../../../shared/routing/rules/format-rules-text.ts";
import { parseRulesText } from "../../../shared/routing/rules/parse-rules-text.ts";
import { RuleSetSpec } from "../../../shared/routing/rules/rule-set.ts";
import { anyCondition } from "./condition-arbitraries.ts";

const wording = boundedText(200);
const text = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.constantFrom('"', "\\", "# no comment", "a\nb\tc", "-> when because", "it's"),
  )
  .filter((each) => wording.safeParse(each).success);
const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);

const rule = fc.record(
  {
    when: anyCondition.map(formatCondition).filter((when) => when.length <= 4_096),
    type: fc.constantFrom("serverless", "traditional", "edge"),
    priority: fc.constantFrom("high", "medium", "low"),
    backend: fc.constantFrom("lambda", "on", "edge-tokyo"),
    description: text,
    reason: text,
  },
  { requiredKeys: ["when", "type", "priority"] },
);

const policy = fc.oneof(
  fc.constantFrom({ name: "cost-first" }, { name: "latency-first" }),
  fc
    .double({ min: 0, max: 1_000, noNaN: true })
    .map((usdPerSecond) => ({ name: "balanced", usdPerSecond: usdPerSecond + 0 })),
);

const anyRuleSet: fc.Arbitrary<RuleSetSpec> = fc
  .record({ name, policy, rules: fc.array(rule, { maxLength: 5 }) })
  .map((draft) =>
    RuleSetSpec.parse({
      ...draft,
      rules: draft.rules.map((each, place) => ({ name: `rule_${place}`, ...each })),
    }),
  );

describe("the text form", () => {
  it("gives every rule set back as it was, and has one text for it", () => {
    fc.assert(
      fc.property(anyRuleSet, (spec) => {
        const written = formatRulesText(spec);
        const parsed = parseRulesText(written);
        expect(parsed).toEqual({ outcome: "done", spec });
        if (parsed.outcome === "done") expect(formatRulesText(parsed.spec)).toBe(written);
      }),
      { numRuns: 300 },
    );
  });

  it("is read or refused with places in it, whatever the text", () => {
    const words = fc.constantFrom(
      ...'rule rules policy when because description -> edge on x " # \n = stateful true'.split(
        " ",
      ),
    );
    const anyText = fc.array(words, { maxLength: 30 }).map((parts) => parts.join(" "));
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string()), (given) => {
        const parsed = parseRulesText(given);
        if (parsed.outcome === "done") return;
        expect(parsed.mistakes.length).toBeGreaterThan(0);
        const lines = given.split("\n");
        for (const { line, column } of parsed.mistakes) {
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
