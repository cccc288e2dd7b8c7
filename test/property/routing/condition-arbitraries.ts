import fc from "fast-check";
import {
  type Condition,
  comparisons,
  type RuleValue,
} from "../../../shared/routing/rules/condition.ts";
import { featureNames, featureTable } from "../../../shared/routing/rules/features.ts";
import { isOrdered, kinds } from "../../../shared/routing/rules/kinds.ts";
import type { Features, FeatureValue } from "../../../shared/routing/rules/rule-set.ts";

const names = [...featureNames, "tag.team", "tag.a:b/c-d.e"];
const kindOf = (name: string) =>
  name in featureTable ? featureTable[name as keyof typeof featureTable].kind : "text";

/** Few numbers and texts, so that rules and features meet often. */
const number = fc.oneof(
  fc.constantFrom(0, 0.5, 1, 2, 3, 1_024),
  fc.integer({ min: 0, max: 999_999_999 }),
  fc.tuple(fc.nat(9_999), fc.nat(999_999)).map(([whole, part]) => Number(`${whole}.${part}`)),
);
const text = fc.oneof(
  fc.constantFrom("event", "http", "it's", 'a "b"', "back\\slash", ""),
  fc.string({ unit: "grapheme", maxLength: 6 }).filter((each) => !/\p{Cc}/u.test(each)),
);

function value(name: string): fc.Arbitrary<RuleValue> {
  const kind = kindOf(name);
  if (kind === "boolean") return fc.boolean().map((each) => ({ kind, value: each }));
  if (kind === "text") return text.map((each) => ({ kind, text: each }));
  const { units, plain } = kinds[kind];
  const unit = [...Object.keys(units).filter((each) => each !== "core"), ...(plain ? [""] : [])];
  return fc.record({
    kind: fc.constant("quantity" as const),
    number,
    unit: fc.constantFrom(...unit),
  });
}

const leaf: fc.Arbitrary<Condition> = fc.constantFrom(...names).chain((feature) => {
  const kind = kindOf(feature);
  const compare = fc.record({
    kind: fc.constant("compare" as const),
    feature: fc.constant(feature),
    operator: fc.constantFrom(...(isOrdered(kind) ? comparisons : (["=", "!="] as const))),
    value: value(feature),
  });
  if (kind === "boolean") return compare;
  const within = fc.record({
    kind: fc.constant("in" as const),
    feature: fc.constant(feature),
    negated: fc.boolean(),
    values: fc.array(value(feature), { minLength: 1, maxLength: 4 }),
  });
  return fc.oneof(compare, within);
});

/** Any condition in its normal form. */
export const anyCondition: fc.Arbitrary<Condition> = fc.letrec<{ any: Condition }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5, depthIdentifier: "condition" },
    leaf,
    tie("any").map((inner): Condition => ({ kind: "not", inner })),
    group("and", tie("any")),
    group("or", tie("any")),
  ),
})).any;

function group(kind: "and" | "or", part: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  return fc.array(part, { minLength: 2, maxLength: 3 }).map((parts) => ({
    kind,
    parts: parts.flatMap((one) => (one.kind === kind ? one.parts : [one])),
  }));
}

/** Some of the features, each of its own type. */
export const anyFeatures: fc.Arbitrary<Features> = fc
  .record(Object.fromEntries(names.map((name) => [name, feature(name)])), { requiredKeys: [] })
  .map((record) =>
    Object.fromEntries(
      Object.entries(record).flatMap(([name, of]) => (of === undefined ? [] : [[name, of]])),
    ),
  );

function feature(name: string): fc.Arbitrary<FeatureValue> {
  const kind = kindOf(name);
  return kind === "boolean" ? fc.boolean() : kind === "text" ? text : number;
}
