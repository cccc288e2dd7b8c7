import { budgetPath } from "../../shared/contract/http/budget-views.ts";
import { keys } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import { budgetDay, nextBudgetDayMs } from "../../shared/group/budget-day.ts";
import { budgetsOf, type NamedBudget } from "../../shared/group/budgets-of.ts";
import { type BudgetState, shortageText, shortBudgets } from "../../shared/group/decide-budgets.ts";
import { expectedMicroUsd } from "../../shared/group/expected-cost.ts";
import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import type { Store } from "../../shared/ports/store.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import { loadBudgetUse } from "../groups/budget-records.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Prepared } from "./prepare-submission.ts";
import { quotasOf, takeQuota } from "./quota.ts";
import type { RoutingAtHand } from "./routing-at-hand.ts";

/** A submission that is about to be written. */
export interface Applicant {
  readonly prepared: Prepared;
  readonly definition: TaskVersion;
  /** Its id is derived from its key, slot or event, so that a repeat has the same. */
  readonly isKnownById: boolean;
}

type Refusals = Map<Applicant, Rejection>;

/**
 * Who is not let in: what a budget has no money for and refuses, and what goes beyond the submissions
 * of a minute, the last first. Everybody else is counted. A repeat of what was taken before is never
 * refused: it asks for nothing new.
 */
export async function refusedAtTheDoor(
  engine: Engine,
  tenant: string,
  routing: RoutingAtHand,
  applicants: readonly Applicant[],
): Promise<ReadonlyMap<Applicant, Rejection>> {
  const refusals: Refusals = new Map();
  await refuseOverBudget(engine, tenant, routing, applicants, refusals);
  for (const [group, members] of byGroup(applicants, refusals)) {
    const bounds = quotasOf(group, routing.gates);
    if (bounds.length === 0) continue;
    const { granted, rejection } = await takeQuota(engine, tenant, bounds, members.length);
    if (rejection === undefined) continue;
    for (const applicant of members.slice(granted)) refusals.set(applicant, rejection);
  }
  await admitRepeats(engine, tenant, refusals);
  return refusals;
}

function byGroup(
  applicants: readonly Applicant[],
  refusals: Refusals,
): ReadonlyMap<string | undefined, readonly Applicant[]> {
  const groups = new Map<string | undefined, Applicant[]>();
  for (const applicant of applicants) {
    if (refusals.has(applicant)) continue;
    const { group } = applicant.prepared.instance;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [applicant]);
    else members.push(applicant);
  }
  return groups;
}

/** Only of what would start at once: by the time of the rest, a new day may have begun. */
async function refuseOverBudget(
  engine: Engine,
  tenant: string,
  routing: RoutingAtHand,
  applicants: readonly Applicant[],
  refusals: Refusals,
): Promise<void> {
  const nowMs = engine.clock.now();
  const known = new Map<string, Promise<BudgetState>>();
  const stateOf = (named: NamedBudget): Promise<BudgetState> => {
    const present = known.get(named.name) ?? loadState(engine.store, tenant, named, nowMs);
    known.set(named.name, present);
    return present;
  };
  for (const applicant of applicants) {
    const { instance } = applicant.prepared;
    const strict = budgetsOf(instance, applicant.definition.spec.budget, routing.gates).filter(
      ({ budget }) => budget.whenExhausted === "refuse",
    );
    if (strict.length === 0 || instance.dueAtMs > nowMs) continue;
    const price = priceOf(applicant, routing);
    const [short] = shortBudgets(await Promise.all(strict.map(stateOf)), price, false);
    if (short !== undefined) refusals.set(applicant, overBudget(short, price, nowMs));
  }
}

async function loadState(
  store: Store,
  tenant: string,
  named: NamedBudget,
  nowMs: number,
): Promise<BudgetState> {
  const day = budgetDay(nowMs, named.budget.timezone);
  return { ...named, day, use: await loadBudgetUse(store, tenant, named.name, day) };
}

function priceOf({ prepared, definition: { spec } }: Applicant, routing: RoutingAtHand): number {
  const { instance, receipt } = prepared;
  const backend = routing.backends.find(({ name }) => name === receipt.chosen);
  if (backend === undefined) return 0;
  return expectedMicroUsd({
    instance,
    inputBytes: inputBytesOf(instance),
    needs: spec.needs,
    backend: backend.name,
    terms: termsOf(receipt, backend, spec, instance),
    receipt,
    profile: routing.profiles.get(instance.task),
  });
}

function overBudget(short: BudgetState, price: number, nowMs: number): Rejection {
  const { name, budget } = short;
  const tomorrowMs = nextBudgetDayMs(nowMs, budget.timezone);
  return {
    code: "budget_exhausted",
    detail: shortageText(short, price),
    suggestion: `submit it after ${new Date(tomorrowMs).toISOString()}, or have the budget raised; GET ${budgetPath(name)} shows it`,
    retryAfterMs: tomorrowMs - nowMs,
  };
}

async function admitRepeats({ store }: Engine, tenant: string, refusals: Refusals): Promise<void> {
  const known = [...refusals.keys()].filter(({ isKnownById }) => isKnownById);
  if (known.length === 0) return;
  const ids = known.map(({ prepared }) => prepared.instance.id);
  const [instances, joined] = await Promise.all([
    store.getMany(ids.map((id) => keys.instance(tenant, id))),
    store.getMany(ids.map((id) => keys.joined(tenant, id))),
  ]);
  for (const [place, applicant] of known.entries()) {
    if (instances[place] !== undefined || joined[place] !== undefined) refusals.delete(applicant);
  }
}
