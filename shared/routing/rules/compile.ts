import { assert } from "../../core/errors.ts";
import { limits } from "../../core/limits.ts";
import { utf8Bytes } from "../../core/texts.ts";
import { rulePriorities } from "../receipt.ts";
import type { Condition, RuleMistake } from "./condition.ts";
import { compileCondition, type Test } from "./evaluate.ts";
import { formatCondition } from "./format-condition.ts";
import { parseCondition } from "./parse-condition.ts";
import type { Classification, Features, RoutingRule, RuleSet, RuleSetSpec } from "./rule-set.ts";

/** What decides when no rule does; no rule may be called so. */
export const defaultRuleName = "default_traditional_rule";

const byDefault: Classification = {
  rule: defaultRuleName,
  type: "traditional",
  priority: "medium",
  reason: "No rule matched, so the allocation policy is free to choose.",
  open: true,
};

/** Everything that is wrong with a rule set. */
export interface RuleErrors {
  readonly mistakes: readonly RuleMistake[];
}

/** A rule with its condition as data. */
export interface ParsedRule {
  readonly rule: RoutingRule;
  readonly condition: Condition;
}

/** The rule set made ready for use, or all that is wrong with it: `"mistakes" in …` tells which. */
export function checkRuleSet(spec: RuleSetSpec, version = 0): RuleSet | RuleErrors {
  const parsed = parseRules(spec);
  return "mistakes" in parsed ? parsed : ready(spec, version, parsed);
}

/** The conditions of all rules, or all that is wrong with them. */
export function parseRules(spec: RuleSetSpec): readonly ParsedRule[] | RuleErrors {
  const mistakes: RuleMistake[] = [];
  const parsed: ParsedRule[] = [];
  const names = new Set<string>();
  for (const rule of spec.rules) {
    const wrongName = nameMistake(rule.name, names);
    if (wrongName !== undefined) mistakes.push(wrongName);
    names.add(rule.name);
    const result = parseCondition(rule.when);
    if (result.outcome === "done") {
      const tooLong = lengthMistake(rule.name, result.condition);
      if (tooLong !== undefined) mistakes.push(tooLong);
      parsed.push({ rule, condition: result.condition });
    } else for (const each of result.mistakes) mistakes.push({ ...each, rule: rule.name });
  }
  const bytes = spec.rules.reduce((sum, { when }) => sum + utf8Bytes(when), 0);
  if (bytes > limits.rulesTextBytesMax) {
    const message = `the conditions have ${bytes} bytes together, at most ${limits.rulesTextBytesMax} are possible`;
    mistakes.push({ line: 1, column: 1, message });
  }
  return mistakes.length > 0 ? { mistakes } : parsed;
}

/** A stored version made ready for use; it was checked before it was stored. */
export function compileRuleSet(spec: RuleSetSpec, version: number): RuleSet {
  const checked = checkRuleSet(spec, version);
  assert(!("mistakes" in checked), `rules version ${version} were stored without being checked`);
  return checked;
}

/** The rules in the order in which they are asked: by priority, then as they stand. */
export function inAskingOrder<Of extends { readonly rule: Pick<RoutingRule, "priority"> }>(
  rules: readonly Of[],
): readonly Of[] {
  const rank = ({ rule }: Of): number => rulePriorities.indexOf(rule.priority);
  return [...rules].sort((left, right) => rank(left) - rank(right));
}

function ready(spec: RuleSetSpec, version: number, parsed: readonly ParsedRule[]): RuleSet {
  const { name, policy } = spec;
  const tests = inAskingOrder(parsed).map(
    ({ rule, condition }): readonly [Test, Classification] => [
      compileCondition(condition),
      classificationOf(rule, condition),
    ],
  );
  return {
    name,
    version,
    policy,
    classify(features: Features): Classification {
      for (const [matches, classification] of tests) {
        if (matches(features) === true) return classification;
      }
      return byDefault;
    },
  };
}

function classificationOf(rule: RoutingRule, condition: Condition): Classification {
  const { name, type, priority, backend } = rule;
  return {
    rule: name,
    type,
    priority,
    ...(backend === undefined ? {} : { backend }),
    reason: rule.reason ?? `The rule ${name} holds: ${formatCondition(condition)}.`,
    open: false,
  };
}

/** What is stored is the canonical text, which may be the longer one. */
function lengthMistake(rule: string, condition: Condition): RuleMistake | undefined {
  const chars = formatCondition(condition).length;
  if (chars <= limits.ruleCharsMax) return undefined;
  const message = `written out, the condition has ${chars} characters, at most ${limits.ruleCharsMax} are possible`;
  return { line: 1, column: 1, rule, message, suggestion: "split it into several rules" };
}

function nameMistake(name: string, taken: ReadonlySet<string>): RuleMistake | undefined {
  const place = { line: 1, column: 1, rule: name };
  if (name === defaultRuleName) {
    const message = `${name} is what decides when no rule does`;
    return { ...place, message, suggestion: "choose another name" };
  }
  if (!taken.has(name)) return undefined;
  const message = `there are several rules called ${name}`;
  return { ...place, message, suggestion: "receipts name the rule, so give each its own name" };
}
