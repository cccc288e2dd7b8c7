import type { Budget } from "./budget.ts";

const microPerUsd = 1_000_000;

/** What one day has taken of a budget, in millionths of a US dollar. */
export interface BudgetUse {
  /** Spent and set aside together: what the bound is about. */
  readonly usedMicroUsd: number;
  /** Set aside for attempts that have not ended. */
  readonly reservedMicroUsd: number;
}

export const unusedBudget: BudgetUse = { usedMicroUsd: 0, reservedMicroUsd: 0 };

/** Rounded up, so that what costs anything reserves something. */
export function microUsdOf(usd: number): number {
  // Prices are multiples of a picodollar; what is less than a thousandth of the unit is noise.
  return Math.max(0, Math.ceil(usd * microPerUsd - 1e-3));
}

export function usdOf(microUsd: number): number {
  return microUsd / microPerUsd;
}

/** What a budget allows a day. */
export function limitMicroUsdOf({ usdPerDay }: Budget): number {
  return Math.round(usdPerDay * microPerUsd);
}

/** What is left of a day's budget; never negative, although attempts may cost more than was reserved. */
export function leftMicroUsd(budget: Budget, { usedMicroUsd }: BudgetUse): number {
  return Math.max(0, limitMicroUsdOf(budget) - usedMicroUsd);
}
