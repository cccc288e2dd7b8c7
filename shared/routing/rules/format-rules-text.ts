import type { AllocationPolicy } from "../../task/allocation-policy.ts";
import { formatInLines } from "./format-condition.ts";
import { parseCondition } from "./parse-condition.ts";
import type { RoutingRule, RuleSetSpec } from "./rule-set.ts";

const lineCharsMax = 100;

/** A rule set in its text form, always the same for the same rules. */
export function formatRulesText({ name, policy, rules }: RuleSetSpec): string {
  const head = [`rules ${name}`, `policy ${policyText(policy)}`];
  return `${[head, ...rules.map(ruleLines)].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function policyText(policy: AllocationPolicy): string {
  return policy.name === "balanced"
    ? `${policy.name} ${policy.usdPerSecond} usd_per_second`
    : policy.name;
}

function ruleLines(rule: RoutingRule): readonly string[] {
  const { name, description, when, type, priority, backend, reason } = rule;
  const on = backend === undefined ? "" : ` on ${backend}`;
  return [
    `rule ${name} priority ${priority} -> ${type}${on}`,
    ...(description === undefined ? [] : [`  description ${JSON.stringify(description)}`]),
    ...conditionLines(when),
    ...(reason === undefined ? [] : [`  because ${JSON.stringify(reason)}`]),
  ];
}

/** In one line if it fits, else in one for each part. */
function conditionLines(when: string): readonly string[] {
  const parsed = parseCondition(when);
  const lines = parsed.outcome === "done" ? formatInLines(parsed.condition) : when.split("\n");
  const one = `  when ${lines.join(" ")}`;
  if (one.length <= lineCharsMax) return [one];
  return lines.map((line, place) => (place === 0 ? `  when ${line}` : `    ${line}`));
}
