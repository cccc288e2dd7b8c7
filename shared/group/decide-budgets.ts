import type { BudgetAction } from "./budget.ts";
import { type BudgetUse, limitMicroUsdOf, usdOf } from "./budget-use.ts";
import type { NamedBudget } from "./budgets-of.ts";

/** A budget as it is now. */
export interface BudgetState extends NamedBudget {
  readonly day: string;
  readonly use: BudgetUse;
}

/** What happens to work that a budget has no money for, the strictest first. */
const strictness: readonly BudgetAction[] = ["refuse", "ask", "queue", "downgrade"];

/** True where the budget does not bound this attempt: somebody has let its instance pass. */
export function isWaived({ budget }: NamedBudget, approved: boolean): boolean {
  return approved && budget.whenExhausted === "ask";
}

/** The budgets that have too little left for an attempt of this price, in their order. */
export function shortBudgets(
  states: readonly BudgetState[],
  microUsd: number,
  approved: boolean,
): readonly BudgetState[] {
  if (microUsd === 0) return [];
  return states.filter(
    (state) =>
      !isWaived(state, approved) &&
      state.use.usedMicroUsd + microUsd > limitMicroUsdOf(state.budget),
  );
}

/** The one of several short budgets whose wish is followed: the strictest, and of those the first. */
export function strictest(short: readonly BudgetState[]): BudgetState | undefined {
  for (const action of strictness) {
    const found = short.find(({ budget }) => budget.whenExhausted === action);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Why the money does not suffice, in a sentence. */
export function shortageText({ name, budget, use }: BudgetState, microUsd: number): string {
  const { usdPerDay } = budget;
  const price = usdText(microUsd);
  if (microUsd > limitMicroUsdOf(budget)) {
    return `an attempt is expected to cost ${price}, more than the $${usdPerDay} a day of ${name}`;
  }
  const used = usdText(use.usedMicroUsd);
  return `${used} of the $${usdPerDay} a day of ${name} are used, and ${price} is expected on top`;
}

function usdText(microUsd: number): string {
  return `$${usdOf(microUsd)}`;
}
