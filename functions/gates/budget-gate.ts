import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { budgetDay, nextBudgetDayMs } from "../../shared/group/budget-day.ts";
import { limitMicroUsdOf } from "../../shared/group/budget-use.ts";
import { type BudgetFacts, budgetsOf } from "../../shared/group/budgets-of.ts";
import {
  type BudgetState,
  isWaived,
  shortageText,
  shortBudgets,
  strictest,
} from "../../shared/group/decide-budgets.ts";
import { expectedMicroUsd } from "../../shared/group/expected-cost.ts";
import type { Group, TenantSettings } from "../../shared/group/group.ts";
import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import { loadBudgetUse, reservationOf } from "../groups/budget-records.ts";
import type { Engine } from "../runtime/engine.ts";
import { cheapestClaim } from "./cheapest-claim.ts";
import type { Claim, GateAnswer, GateKeeper, GateRequest } from "./gate.ts";

/**
 * The keeper of budgets: an attempt sets aside what it is expected to cost, of every budget that
 * bounds it, in the write of its claim. The bound is in that write, so that no race overdraws it.
 */
export const budgetGate: GateKeeper = {
  async ask(engine, request) {
    const states = await budgetStates(engine, request, request.facts);
    if (states.length === 0) return { outcome: "open", changes: [], held: {} };
    const price = await priceOf(engine, request, request.claim);
    const approved = request.instance.approvedBy !== undefined;
    if (shortBudgets(states, price, approved).length === 0) {
      return reserved(request, states, price, request.claim);
    }
    // What is remembered of bounds may be a moment old, and whoever is held waits for long.
    return withFreshBounds(engine, request, price);
  },
};

async function withFreshBounds(
  engine: Engine,
  request: GateRequest,
  price: number,
): Promise<GateAnswer> {
  const { instance, claim } = request;
  const approved = instance.approvedBy !== undefined;
  const states = await budgetStates(engine, request, await freshFacts(engine, request));
  const short = shortBudgets(states, price, approved);
  if (short.length === 0) return reserved(request, states, price, claim);
  const thrifty = short.find(({ budget }) => budget.whenExhausted === "downgrade");
  if (thrifty === undefined) return refusedOrHeld(request, short, price);
  const because = shortageText(thrifty, price);
  const cheaper = await cheapestClaim(engine, request, because);
  if (cheaper === undefined) return refusedOrHeld(request, short, price);
  const lowPrice = await priceOf(engine, request, cheaper);
  const stillShort = shortBudgets(states, lowPrice, approved);
  return stillShort.length === 0
    ? reserved(request, states, lowPrice, cheaper)
    : refusedOrHeld(request, stillShort, lowPrice);
}

/** What the instance's budgets have today. */
async function budgetStates(
  { store }: Engine,
  { instance, definition, nowMs }: GateRequest,
  facts: BudgetFacts,
): Promise<readonly BudgetState[]> {
  const budgets = budgetsOf(instance, definition.spec.budget, facts);
  return Promise.all(
    budgets.map(async ({ name, budget }) => {
      const day = budgetDay(nowMs, budget.timezone);
      return { name, budget, day, use: await loadBudgetUse(store, instance.tenant, name, day) };
    }),
  );
}

async function freshFacts(
  { store, gates }: Engine,
  { instance: { tenant, group = "" } }: GateRequest,
): Promise<BudgetFacts> {
  gates.forget(tenant);
  const [settings, ofGroup] = await store.getMany([
    keys.tenantSettings(tenant),
    keys.group(tenant, group),
  ]);
  return {
    settings: settings?.body as unknown as TenantSettings | undefined,
    groups: new Map(ofGroup === undefined ? [] : [[group, ofGroup.body as unknown as Group]]),
  };
}

async function priceOf(
  { routing }: Engine,
  { instance, definition }: GateRequest,
  { backend, terms = {}, receipt }: Claim,
): Promise<number> {
  if (receipt === undefined) return 0;
  const { needs } = definition.spec;
  const inputBytes = inputBytesOf(instance);
  const profile = await routing.profile(instance.tenant, instance.task);
  return expectedMicroUsd({ instance, inputBytes, needs, backend, terms, receipt, profile });
}

function reserved(
  { instance, claim: wanted }: GateRequest,
  states: readonly BudgetState[],
  microUsd: number,
  claim: Claim,
): GateAnswer {
  const instead = claim === wanted ? {} : { claim };
  if (microUsd === 0) return { outcome: "open", changes: [], held: {}, ...instead };
  const approved = instance.approvedBy !== undefined;
  const budgets = states.map(({ name, day }) => ({ budget: name, day, microUsd }));
  const changes = states.map((state) =>
    reservationOf(
      instance.tenant,
      { budget: state.name, day: state.day, microUsd },
      isWaived(state, approved) ? undefined : limitMicroUsdOf(state.budget),
    ),
  );
  return { outcome: "open", changes, held: { budgets }, ...instead };
}

/** The hint of whoever raises the budget comes first; looking now and then is for when it is lost. */
function refusedOrHeld(
  { nowMs }: GateRequest,
  short: readonly BudgetState[],
  microUsd: number,
): GateAnswer {
  const decisive = strictest(short);
  if (decisive === undefined) return { outcome: "open", changes: [], held: {} };
  const { name, budget } = decisive;
  const reason = shortageText(decisive, microUsd);
  if (budget.whenExhausted === "refuse") {
    return { outcome: "refused", error: { class: "over_budget", message: reason } };
  }
  const kind = budget.whenExhausted === "ask" ? "approval" : "budget";
  const tomorrowMs = nextBudgetDayMs(nowMs, budget.timezone);
  return {
    outcome: "closed",
    waiting: kind,
    waitingFor: waitingForOf(kind, name),
    reason,
    recheckAtMs: Math.min(tomorrowMs, nowMs + limits.pausedRecheckMs),
  };
}
