/**
 * How sure a figure is. `verified`: read in the provider's own price list or pricing page, or in a
 * dated copy of it. `known`: long-standing list price that was not read again for this version.
 * `assumed`: a typical figure where the real one floats, is measured, or is for its owner to say.
 */
export const priceConfidences = ["verified", "known", "assumed"] as const;
export type PriceConfidence = (typeof priceConfidences)[number];

/** One figure of a price table, and what it rests on. */
export interface ListPrice {
  readonly usd: number;
  readonly confidence: PriceConfidence;
  /** What one unit is, and what else one must know to use the figure. */
  readonly note: string;
}

/** An assumption that is no price itself, such as a discount or a time that is charged. */
export interface Assumption {
  readonly value: number;
  readonly confidence: PriceConfidence;
  readonly note: string;
}

/** The least sure of several: a sum is no surer than its parts. */
export function leastSure(confidences: readonly PriceConfidence[]): PriceConfidence {
  const places = confidences.map((confidence) => priceConfidences.indexOf(confidence));
  return priceConfidences[Math.max(0, ...places)] ?? "assumed";
}
