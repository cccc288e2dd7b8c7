import type { Condition, RuleValue } from "./condition.ts";
import { parseCondition } from "./parse-condition.ts";

/**
 * The one canonical text of a condition: words in capitals, single quotes, no parentheses that
 * change nothing. Reading it gives the same condition again. A text that cannot be read comes back
 * as it is.
 */
export function formatCondition(condition: Condition | string): string {
  if (typeof condition !== "string") return textOf(condition);
  const parsed = parseCondition(condition);
  return parsed.outcome === "done" ? textOf(parsed.condition) : condition;
}

/** The canonical text in lines that each begin with the word between the outermost parts. */
export function formatInLines(condition: Condition): readonly string[] {
  if (condition.kind !== "and" && condition.kind !== "or") return [textOf(condition)];
  const word = condition.kind.toUpperCase();
  return partsOf(condition).map((part, place) => (place === 0 ? part : `${word} ${part}`));
}

function partsOf({ kind, parts }: Extract<Condition, { parts: unknown }>): readonly string[] {
  return parts.map((part) => enclosed(part, kind === "and" && part.kind === "or"));
}

function textOf(condition: Condition): string {
  switch (condition.kind) {
    case "or":
    case "and":
      return partsOf(condition).join(` ${condition.kind.toUpperCase()} `);
    case "not": {
      const { inner } = condition;
      return `NOT ${enclosed(inner, inner.kind === "or" || inner.kind === "and")}`;
    }
    case "compare":
      return `${condition.feature} ${condition.operator} ${formatValue(condition.value)}`;
    case "in": {
      // Without spaces, as the sources of the shipped rules write their lists.
      const list = condition.values.map(formatValue).join(",");
      return `${condition.feature} ${condition.negated ? "NOT IN" : "IN"} [${list}]`;
    }
  }
}

function enclosed(condition: Condition, needed: boolean): string {
  return needed ? `(${textOf(condition)})` : textOf(condition);
}

/** A value as rules write it. */
function formatValue(value: RuleValue): string {
  switch (value.kind) {
    case "boolean":
      return String(value.value);
    case "text":
      return `'${value.text.replaceAll(/[\\']/g, (character) => `\\${character}`)}'`;
    case "quantity": {
      const { number, unit } = value;
      if (unit === "cores") return number === 1 ? "1_core" : `${number}_cores`;
      return `${number}${unit}`;
    }
  }
}
