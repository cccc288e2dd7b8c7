/** How a feature is compared with one value. */
export const comparisons = ["<", "<=", ">", ">=", "=", "!="] as const;
export type Comparison = (typeof comparisons)[number];

/** A value in a rule, as its author wrote it: units are kept, so that 5m does not become 300s. */
export type RuleValue =
  | { readonly kind: "quantity"; readonly number: number; readonly unit: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "boolean"; readonly value: boolean };

/**
 * A condition in its normal form: an AND holds no AND and an OR no OR directly, because they would
 * mean the same as one.
 */
export type Condition =
  | { readonly kind: "and"; readonly parts: readonly Condition[] }
  | { readonly kind: "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly inner: Condition }
  | {
      readonly kind: "compare";
      readonly feature: string;
      readonly operator: Comparison;
      readonly value: RuleValue;
    }
  | {
      readonly kind: "in";
      readonly feature: string;
      /** True for NOT IN. */
      readonly negated: boolean;
      readonly values: readonly RuleValue[];
    };

/** Where in a text something is; both count from 1, columns in UTF-16 units as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a rule, where, and how to put it right. */
export interface RuleMistake extends Position {
  readonly message: string;
  readonly suggestion?: string;
  /** The rule's name, where mistakes of several rules stand together. */
  readonly rule?: string;
}
