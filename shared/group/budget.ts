import * as z from "zod";
import { limits } from "../core/limits.ts";
import { zoneProblem } from "../schedule/zone.ts";

export const budgetActions = ["queue", "downgrade", "ask", "refuse"] as const;
export type BudgetAction = (typeof budgetActions)[number];

/** What may be spent a day, by estimate, and what happens to work beyond it. */
export const Budget = z.strictObject({
  usdPerDay: z.number().positive().max(limits.budgetUsdPerDayMax),
  /**
   * `queue` waits for the next day or for more money; `downgrade` takes the cheapest backend, Spot
   * included, and queues when even that is too dear; `ask` waits for somebody's approval; `refuse`
   * fails the instance, and submissions while nothing is left.
   */
  whenExhausted: z.enum(budgetActions).default("queue"),
  /** The zone whose midnight begins a new day. */
  timezone: z
    .string()
    .refine((name) => zoneProblem(name) === undefined, {
      error: ({ input }) => {
        const { message, suggestion } = zoneProblem(String(input)) ?? { message: "is no zone" };
        return suggestion === undefined ? message : `${message}; ${suggestion}`;
      },
    })
    .default("UTC"),
});
export type Budget = z.infer<typeof Budget>;
