import { nextBudgetDayMs } from "../group/budget-day.ts";
import { limitMicroUsdOf } from "../group/budget-use.ts";
import { type BudgetState, isWaived, shortageText, shortBudgets } from "../group/decide-budgets.ts";
import type { GateDraft, Release } from "./explained-gate.ts";
import type { Instance } from "./instance.ts";

/** A budget as it is now, and what an attempt is expected to take of it. */
export interface BudgetReading {
  readonly state: BudgetState;
  readonly microUsd: number;
}

/** Whether a budget has the money for an instance's next attempt. */
export function explainBudget(
  instance: Instance,
  { state, microUsd }: BudgetReading,
  nowMs: number,
): GateDraft {
  const { name, budget, use } = state;
  const approved = instance.approvedBy !== undefined;
  const kind = budget.whenExhausted === "ask" ? "approval" : "budget";
  const isShort = shortBudgets([state], microUsd, approved).length > 0;
  const base = { kind, gate: name } as const;
  if (!isShort) {
    const summary =
      approved && isWaived(state, approved)
        ? `${instance.approvedBy} approved it beyond the budget of ${name}`
        : `${name} has money left: ${usd(use.usedMicroUsd)} of ${usd(limitMicroUsdOf(budget))} are used today`;
    return { ...base, shut: false, summary, releases: [] };
  }
  // A dearer attempt than a whole day allows is not helped by another day.
  const opensBySelf = microUsd <= limitMicroUsdOf(budget);
  const tomorrowMs = nextBudgetDayMs(nowMs, budget.timezone);
  return {
    ...base,
    shut: budget.whenExhausted !== "downgrade" || instance.waiting === "budget",
    summary: `${shortageText(state, microUsd)}; ${consequence[budget.whenExhausted]}`,
    ...(opensBySelf
      ? {
          opensAtMs: tomorrowMs,
          estimate: { atMs: tomorrowMs, basis: `the next day begins then in ${budget.timezone}` },
        }
      : {}),
    releases: [...approval(instance, kind), raise(name)],
  };
}

const consequence = {
  queue: "it waits for the next day or for more money",
  downgrade: "it goes where it is cheapest, or else waits",
  ask: "it waits for somebody's approval",
  refuse: "it fails",
} as const;

function approval({ id }: Instance, kind: "budget" | "approval"): readonly Release[] {
  if (kind === "budget") return [];
  return [{ action: "approve it", request: `POST /v1/instances/${id}/approve`, role: "operator" }];
}

function raise(budget: string): Release {
  const [kind = "", name] = budget.split("/");
  return {
    action: `raise the budget of ${name === undefined ? "the tenant" : `the ${kind} ${name}`}`,
    request: name === undefined ? "PUT /v1/tenant" : `PUT /v1/${kind}s/${name}`,
    role: "admin",
  };
}

function usd(microUsd: number): string {
  return `$${microUsd / 1_000_000}`;
}
