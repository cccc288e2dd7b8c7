import { describe, expect, it } from "vitest";
import type { BudgetAction } from "../../../shared/group/budget.ts";
import { leftMicroUsd, microUsdOf } from "../../../shared/group/budget-use.ts";
import {
  type BudgetState,
  shortageText,
  shortBudgets,
  strictest,
} from "../../../shared/group/decide-budgets.ts";

function state(name: string, whenExhausted: BudgetAction, usedUsd: number): BudgetState {
  return {
    name,
    budget: { usdPerDay: 10, whenExhausted, timezone: "UTC" },
    day: "2026-11-20",
    use: { usedMicroUsd: microUsdOf(usedUsd), reservedMicroUsd: 0 },
  };
}

describe("budgets that are short", () => {
  it("are those that one attempt more would exceed, to the last millionth", () => {
    const one = state("tenant", "queue", 9);
    expect(shortBudgets([one], microUsdOf(1), false)).toEqual([]);
    expect(shortBudgets([one], microUsdOf(1) + 1, false)).toEqual([one]);
  });

  it("are none for what costs nothing, whatever was used", () => {
    expect(shortBudgets([state("tenant", "refuse", 50)], 0, false)).toEqual([]);
  });

  it("are passed with an approval where they ask, and only there", () => {
    const asks = state("group/a", "ask", 10);
    const queues = state("tenant", "queue", 10);
    expect(shortBudgets([asks, queues], 1, true)).toEqual([queues]);
  });

  it("are followed in order of strictness, the narrowest of equals first", () => {
    const queue = state("task/a", "queue", 10);
    const ask = state("group/a", "ask", 10);
    const refuse = state("tenant", "refuse", 10);
    expect(strictest([queue, ask, refuse])).toBe(refuse);
    expect(strictest([queue, ask])).toBe(ask);
    expect(strictest([queue, state("tenant", "queue", 10)])).toBe(queue);
    expect(strictest([])).toBeUndefined();
  });

  it("say what is missing, and when no day would suffice", () => {
    const short = state("group/a", "queue", 9.5);
    expect(shortageText(short, 1_000_000)).toBe(
      "$9.5 of the $10 a day of group/a are used, and $1 is expected on top",
    );
    expect(shortageText(short, 11_000_000)).toBe(
      "an attempt is expected to cost $11, more than the $10 a day of group/a",
    );
  });
});

describe("money in millionths of a dollar", () => {
  it("is rounded up, but not for noise", () => {
    expect([0, 1e-7, 1e-6, 0.5, 2.5000004].map(microUsdOf)).toEqual([0, 1, 1, 500_000, 2_500_001]);
  });

  it("is never less than nothing when it is left", () => {
    const { budget, use } = state("tenant", "queue", 11);
    expect(leftMicroUsd(budget, use)).toBe(0);
  });
});
