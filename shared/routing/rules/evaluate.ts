import { assert } from "../../core/errors.ts";
import type { Comparison, Condition, RuleValue } from "./condition.ts";
import { featureNamed } from "./features.ts";
import { amountOf, isOrdered } from "./kinds.ts";
import type { Features } from "./rule-set.ts";

/** Undefined: not known, because a feature that decides is not. */
export type Truth = boolean | undefined;

/** A condition made ready for use. */
export type Test = (features: Features) => Truth;

/**
 * Kleene's three-valued logic: a comparison with a feature that is absent is unknown, and so is its
 * negation; AND and OR are unknown unless the known parts decide. Only `true` is a match.
 */
export function compileCondition(condition: Condition): Test {
  switch (condition.kind) {
    case "and":
      return decidedBy(false, condition.parts.map(compileCondition));
    case "or":
      return decidedBy(true, condition.parts.map(compileCondition));
    case "not":
      return negation(compileCondition(condition.inner));
    case "compare":
      return comparisonTest(condition.feature, condition.operator, condition.value);
    case "in": {
      const { feature, values, negated } = condition;
      const one = decidedBy(
        true,
        values.map((value) => comparisonTest(feature, "=", value)),
      );
      return negated ? negation(one) : one;
    }
  }
}

/** One part with the deciding truth decides; else an unknown part leaves it open. */
function decidedBy(deciding: boolean, parts: readonly Test[]): Test {
  return (features) => {
    let open = false;
    for (const part of parts) {
      const truth = part(features);
      if (truth === deciding) return deciding;
      if (truth === undefined) open = true;
    }
    return open ? undefined : !deciding;
  };
}

function negation(inner: Test): Test {
  return (features) => {
    const truth = inner(features);
    return truth === undefined ? undefined : !truth;
  };
}

function comparisonTest(feature: string, operator: Comparison, value: RuleValue): Test {
  const kind = featureNamed(feature)?.kind;
  assert(kind !== undefined, `the checked rule names ${feature}, which is no feature`);
  if (isOrdered(kind)) {
    const bound = value.kind === "quantity" ? amountOf(kind, value.number, value.unit) : undefined;
    assert(bound !== undefined, `the checked rule compares ${feature} with a wrong value`);
    const holds = orders[operator];
    return (features) => {
      const given = features[feature];
      return typeof given === "number" && !Number.isNaN(given) ? holds(given, bound) : undefined;
    };
  }
  assert(value.kind === kind, `the checked rule compares ${feature} with a wrong value`);
  const wanted = value.kind === "text" ? value.text : value.kind === "boolean" && value.value;
  const type = typeof wanted;
  const asEqual = operator === "=";
  return (features) => {
    const given = features[feature];
    return typeof given === type ? (given === wanted) === asEqual : undefined;
  };
}

const orders: Readonly<Record<Comparison, (given: number, bound: number) => boolean>> = {
  "<": (given, bound) => given < bound,
  "<=": (given, bound) => given <= bound,
  ">": (given, bound) => given > bound,
  ">=": (given, bound) => given >= bound,
  "=": (given, bound) => given === bound,
  "!=": (given, bound) => given !== bound,
};
