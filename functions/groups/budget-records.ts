import { justAfter, keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { type BudgetUse, unusedBudget } from "../../shared/group/budget-use.ts";
import type { ReservedBudget } from "../../shared/limit/limit.ts";
import type { Change, Store } from "../../shared/ports/store.ts";

const dayMs = 86_400_000;

/** What a day has taken of a budget so far. */
export async function loadBudgetUse(
  store: Store,
  tenant: string,
  budget: string,
  day: string,
): Promise<BudgetUse> {
  const record = await store.get(keys.budget(tenant, budget, day));
  return record === undefined ? unusedBudget : useOf(record.body);
}

/** The days from one to another, both included, that have used anything; oldest first. */
export async function loadBudgetDays(
  store: Store,
  tenant: string,
  budget: string,
  fromDay: string,
  toDay: string,
): Promise<readonly { readonly day: string; readonly use: BudgetUse }[]> {
  const { pk: partition } = keys.budget(tenant, budget, "");
  const found = await store.query({
    index: "primary",
    partition,
    from: fromDay,
    to: justAfter(toDay),
    order: "ascending",
    limit: limits.budgetDaysShownMax,
  });
  const records = await store.getMany(found.map(({ key }) => key));
  return records.flatMap((record) =>
    record === undefined ? [] : [{ day: record.key.sk, use: useOf(record.body) }],
  );
}

/**
 * Sets money aside. With `limitMicroUsd` the change is lost where that would exceed it, and whatever
 * else is written with it; without, somebody has decided that it may.
 */
export function reservationOf(
  tenant: string,
  reserved: ReservedBudget,
  limitMicroUsd: number | undefined,
): Change {
  const { budget, day, microUsd } = reserved;
  return {
    kind: "add",
    key: keys.budget(tenant, budget, day),
    type: "budget",
    amounts: { usedMicroUsd: microUsd, reservedMicroUsd: microUsd },
    ...(limitMicroUsd === undefined ? {} : { bounds: { usedMicroUsd: { max: limitMicroUsd } } }),
    expiresAtMs: expiryOf(day),
  };
}

/** Turns what was set aside into what was spent, on the day for which it was set aside. */
export function settlementOf(
  tenant: string,
  { budget, day, microUsd }: ReservedBudget,
  costMicroUsd: number,
): Change {
  return {
    kind: "add",
    key: keys.budget(tenant, budget, day),
    type: "budget",
    amounts: { usedMicroUsd: costMicroUsd - microUsd, reservedMicroUsd: -microUsd },
    expiresAtMs: expiryOf(day),
  };
}

function useOf(body: object): BudgetUse {
  return { ...unusedBudget, ...(body as Partial<BudgetUse>) };
}

function expiryOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + dayMs + limits.budgetDayKeepMs;
}
