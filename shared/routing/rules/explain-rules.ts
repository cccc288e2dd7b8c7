import { inAskingOrder, type ParsedRule } from "./compile.ts";
import type { Condition } from "./condition.ts";
import { compileCondition } from "./evaluate.ts";
import type { Features } from "./rule-set.ts";

/** What one rule says about some features. */
export interface RuleVerdict {
  readonly rule: string;
  /** Unknown: it would depend on features that are not known, and therefore does not match. */
  readonly verdict: "matches" | "does not match" | "unknown";
  /** The features that are not known and that it asks about; only where they leave it open. */
  readonly missing: readonly string[];
}

/** What every rule says, in the order in which they are asked; the first that matches decides. */
export function explainRules(
  rules: readonly ParsedRule[],
  features: Features,
): readonly RuleVerdict[] {
  return inAskingOrder(rules).map(({ rule, condition }) => {
    const truth = compileCondition(condition)(features);
    if (truth !== undefined) {
      return { rule: rule.name, verdict: truth ? "matches" : "does not match", missing: [] };
    }
    const missing = [...featuresOf(condition)].filter((name) => features[name] === undefined);
    return { rule: rule.name, verdict: "unknown", missing };
  });
}

/** The features that a condition asks about, in the order of its text. */
export function featuresOf(condition: Condition): ReadonlySet<string> {
  switch (condition.kind) {
    case "and":
    case "or":
      return new Set(condition.parts.flatMap((part) => [...featuresOf(part)]));
    case "not":
      return featuresOf(condition.inner);
    case "compare":
    case "in":
      return new Set([condition.feature]);
  }
}
