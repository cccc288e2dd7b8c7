import * as z from "zod";
import { type Budget, budgetActions } from "../../group/budget.ts";
import { type BudgetUse, leftMicroUsd, usdOf } from "../../group/budget-use.ts";
import { isoTime } from "./iso-time.ts";

const Usd = z.number().meta({ description: "In US dollars, an estimate by list prices." });

const DayUse = z.object({
  day: z.string().meta({ description: "As YYYY-MM-DD in the budget's zone." }),
  spentUsd: Usd.meta({ description: "Of attempts that have ended." }),
  reservedUsd: Usd.meta({ description: "Set aside for attempts that have not ended." }),
});

/** What may be spent a day, and how much of it is gone. */
export const BudgetView = z.object({
  budget: z.string().meta({ description: '"tenant", "group/<name>" or "task/<name>".' }),
  usdPerDay: z.number(),
  whenExhausted: z.enum(budgetActions),
  timezone: z.string(),
  today: DayUse.extend({
    leftUsd: Usd.meta({ description: "What further attempts may be expected to cost today." }),
    endsAt: z.iso.datetime().meta({ description: "When the next day begins." }),
  }),
  waiting: z.int().min(0).optional().meta({
    description: "Instances that wait for money or approval; left out of lists. 1000: at least.",
  }),
  days: z
    .array(DayUse)
    .optional()
    .meta({ description: "Days on which anything was used, oldest first; left out of lists." }),
  links: z.object({ self: z.string() }),
});
export type BudgetView = z.infer<typeof BudgetView>;

export interface BudgetNow {
  /** `tenant`, `group/<name>` or `task/<name>`. */
  readonly name: string;
  readonly budget: Budget;
  readonly day: string;
  readonly use: BudgetUse;
  readonly nextDayMs: number;
}

export function budgetToView(
  { name, budget, day, use, nextDayMs }: BudgetNow,
  more: Pick<BudgetView, "waiting" | "days"> = {},
): BudgetView {
  return {
    budget: name,
    usdPerDay: budget.usdPerDay,
    whenExhausted: budget.whenExhausted,
    timezone: budget.timezone,
    today: {
      ...dayToView(day, use),
      leftUsd: usdOf(leftMicroUsd(budget, use)),
      endsAt: isoTime(nextDayMs),
    },
    ...more,
    links: { self: budgetPath(name) },
  };
}

export function dayToView(
  day: string,
  { usedMicroUsd, reservedMicroUsd }: BudgetUse,
): z.infer<typeof DayUse> {
  return {
    day,
    spentUsd: usdOf(usedMicroUsd - reservedMicroUsd),
    reservedUsd: usdOf(reservedMicroUsd),
  };
}

/** Where a budget is found; a slash would be two steps of a path. */
export function budgetPath(name: string): string {
  return `/v1/budgets/${name.replace("/", ":")}`;
}
