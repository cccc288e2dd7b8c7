import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatRulesText } from "../../../shared/routing/rules/format-rules-text.ts";
import { mistakeText } from "../../../shared/routing/rules/mistake-text.ts";
import { parseRulesText } from "../../../shared/routing/rules/parse-rules-text.ts";
import { shippedRules } from "../../../shared/routing/rules/shipped.ts";

function mistakesOf(text: string): readonly string[] {
  const parsed = parseRulesText(text);
  return parsed.outcome === "done" ? [] : parsed.mistakes.map(mistakeText);
}

const good = "rule small -> serverless\n  when stateful = false\n";

describe("the text form of rules", () => {
  it("holds everything that a rule set has", () => {
    const text = [
      "# comment",
      "rules mine",
      "policy balanced 0.5 usd_per_second # a second is worth half a dollar",
      "",
      "rule near priority high -> edge on edge-tokyo",
      '  description "a # is no comment in a \\"text\\""',
      "  when latency_requirement < 100ms # of course",
      "    # and, on a line of its own:",
      "    AND trigger_type = 'a # b'",
      '  because "it is near"',
      "rule big -> traditional",
      "  when memory_requirement>16GB",
    ].join("\r\n");
    expect(parseRulesText(text)).toEqual({
      outcome: "done",
      spec: {
        name: "mine",
        policy: { name: "balanced", usdPerSecond: 0.5 },
        rules: [
          {
            name: "near",
            type: "edge",
            priority: "high",
            backend: "edge-tokyo",
            description: 'a # is no comment in a "text"',
            when: "latency_requirement < 100ms AND trigger_type = 'a # b'",
            reason: "it is near",
          },
          {
            name: "big",
            type: "traditional",
            priority: "medium",
            when: "memory_requirement > 16GB",
          },
        ],
      },
    });
  });

  it("writes the shipped rules so that reading them gives the same", () => {
    const text = formatRulesText(shippedRules);
    expect(parseRulesText(text)).toEqual({ outcome: "done", spec: shippedRules });
    expect(text).toContain("\n  when latency_requirement < 100ms\n    AND data_locality_required");
  });

  it("reads the example file", () => {
    const parsed = parseRulesText(readFileSync("examples/routing.rules", "utf8"));
    expect(parsed).toMatchObject({ outcome: "done", spec: { name: "examples" } });
  });
});

const wrong: readonly (readonly [string, string])[] = [
  [
    "rul x -> edge",
    "line 1, column 1: a line begins with rules, policy, rule, description, when, because or #, not with rul (did you mean rule?)",
  ],
  [
    "when stateful = true",
    "line 1, column 1: when belongs to a rule, and there is none above (begin with a line like: rule small_work priority high -> serverless)",
  ],
  [
    `${good}rule Big -> edge\n when stateful = true`,
    "line 3, column 6: a rule's name must be lower-case letters",
  ],
  [
    `rule x priority hihg -> edge\n when stateful = true`,
    "line 1, column 17: a rule's priority is high, medium or low, not hihg (did you mean high?)",
  ],
  [
    "rule x -> servrless\n when stateful = true",
    "line 1, column 11: a rule leads to serverless, traditional or edge, not to servrless (did you mean serverless?)",
  ],
  ["rule x = edge\n when stateful = true", "line 1, column 8: -> is expected here, not ="],
  [
    "rule x -> edge at b\n when stateful = true",
    'line 1, column 16: nothing but "on BACKEND" can follow here',
  ],
  [
    "rule x -> edge on\n when stateful = true",
    "line 1, column 18: the name of a backend is expected after on",
  ],
  ["rule x -> edge", "line 1, column 1: the rule x has no condition"],
  [`${good}${good}`, "rule small, line 3, column 1: there are several rules called small"],
  [
    "rule default_traditional_rule -> edge\n when stateful = true",
    "rule default_traditional_rule, line 1, column 1: default_traditional_rule is what decides",
  ],
  [`${good}  when stateful = true`, "line 3, column 3: when is given a second time"],
  [`${good}  because it is`, "line 3, column 14: nothing can follow the text of because"],
  [`${good}  because soon`, "line 3, column 11: a text in double quotes is expected after because"],
  [`${good}  because "a\\x"`, "line 3, column 11: the text has an escape that JSON does not know"],
  [
    `${good}  because "${"x".repeat(600)}"`,
    "line 3, column 11: the text must be at most 512 bytes",
  ],
  ["policy cheapest", "line 1, column 8: cheapest is no policy"],
  ["policy balanced", "line 1, column 8: the policy balanced takes its rate"],
  [
    "policy balanced -1 usd_per_second",
    "line 1, column 8: the rate of the policy balanced is a number from 0 to 1000",
  ],
  ["policy cost-first 5", "line 1, column 8: cost-first takes no rate"],
  ["policy cost-first\npolicy cost-first", "line 2, column 1: policy is given a second time"],
  ["rules My Rules", "line 1, column 10: the name of the rules must be lower-case letters"],
  [
    "rule x -> edge\n  when stateful = true\n    AND concurent = true",
    "line 3, column 9: there is no feature concurent (did you mean concurrent?)",
  ],
  [
    "rule x -> edge\n  when statful = true",
    "line 2, column 8: there is no feature statful (did you mean stateful?)",
  ],
  ["rule x -> edge\n  when # nothing", "line 2, column 17: there is no condition here"],
];

describe("mistakes in the text form are explained at their place", () => {
  it.each(wrong)("%j", (text, expected) => {
    const [first, ...others] = mistakesOf(text);
    expect(others).toEqual([]);
    expect(first).toContain(expected);
  });

  it("and all of them at once, in the order of the file", () => {
    const text = "policy x\nrule A -> edge\n when stateful = 1\nrule b -> c\n when task = 1\nfoo";
    expect(mistakesOf(text).map((line) => line.slice(0, 6))).toEqual([
      "line 1",
      "line 2",
      "line 3",
      "line 4",
      "line 5",
      "line 6",
    ]);
  });
});
