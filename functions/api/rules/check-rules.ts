import type { CheckedRulesView, CheckRules } from "../../../shared/contract/http/rules-views.ts";
import { RejectionError } from "../../../shared/core/errors.ts";
import { truncateUtf8 } from "../../../shared/core/texts.ts";
import { parseRules } from "../../../shared/routing/rules/compile.ts";
import type { RuleMistake } from "../../../shared/routing/rules/condition.ts";
import { formatCondition } from "../../../shared/routing/rules/format-condition.ts";
import { formatRulesText } from "../../../shared/routing/rules/format-rules-text.ts";
import { mistakeText } from "../../../shared/routing/rules/mistake-text.ts";
import { parseCondition } from "../../../shared/routing/rules/parse-condition.ts";
import { parseRulesText } from "../../../shared/routing/rules/parse-rules-text.ts";
import type { RuleSetSpec } from "../../../shared/routing/rules/rule-set.ts";

/** What is wrong with a condition, a rule set or its text form, or its canonical form. */
export function checkRules({ when, rules, text }: CheckRules): CheckedRulesView {
  if (when !== undefined) {
    const parsed = parseCondition(when);
    if (parsed.outcome === "refused") return wrong(parsed.mistakes);
    return { ok: true, mistakes: [], when: formatCondition(parsed.condition) };
  }
  if (text !== undefined) {
    const parsed = parseRulesText(text);
    return parsed.outcome === "refused" ? wrong(parsed.mistakes) : right(parsed.spec);
  }
  if (rules === undefined) return wrong([]);
  const spec = canonical(rules);
  return "mistakes" in spec ? wrong(spec.mistakes) : right(spec);
}

/** The rules with their conditions in canonical text; throws a RejectionError when one is wrong. */
export function canonicalRules(spec: RuleSetSpec, pointer: string): RuleSetSpec {
  const checked = canonical(spec);
  if (!("mistakes" in checked)) return checked;
  const [first] = checked.mistakes;
  const place = spec.rules.findIndex(({ name }) => name === first?.rule);
  const detail = checked.mistakes.map(mistakeText).join("; ");
  throw new RejectionError({
    code: "invalid_rule",
    detail: truncateUtf8(detail, detailBytesMax),
    pointer: place === -1 ? `${pointer}/rules` : `${pointer}/rules/${place}/when`,
    ...(first?.suggestion === undefined ? {} : { suggestion: first.suggestion }),
  });
}

const detailBytesMax = 4_096;

function canonical(spec: RuleSetSpec): RuleSetSpec | { readonly mistakes: readonly RuleMistake[] } {
  const parsed = parseRules(spec);
  if ("mistakes" in parsed) return parsed;
  const rules = parsed.map(({ rule, condition }) => ({
    ...rule,
    when: formatCondition(condition),
  }));
  return { ...spec, rules };
}

function right(spec: RuleSetSpec): CheckedRulesView {
  return { ok: true, mistakes: [], rules: spec, text: formatRulesText(spec) };
}

function wrong(mistakes: readonly RuleMistake[]): CheckedRulesView {
  return { ok: false, mistakes: [...mistakes] };
}
