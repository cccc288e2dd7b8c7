import {
  type BudgetView,
  budgetToView,
  dayToView,
} from "../../shared/contract/http/budget-views.ts";
import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Budget } from "../../shared/group/budget.ts";
import { budgetDay } from "../../shared/group/budget-day.ts";
import type { NamedBudget } from "../../shared/group/budgets-of.ts";
import { gates } from "../../shared/limit/gate-names.ts";
import { makeCursor, placeOfCursor } from "../lists/cursor.ts";
import type { Engine } from "../runtime/engine.ts";
import { loadBudgetDays } from "./budget-records.ts";
import { waitingForMoney } from "./budget-waiters.ts";
import { newestVersions } from "./group-members.ts";
import { loadGroup, loadTenantSettings } from "./group-records.ts";
import { budgetNow } from "./group-use.ts";

const dayMs = 86_400_000;
const daysDefault = 7;

/** A budget with its last days; throws a RejectionError when there is none of this name. */
export async function getBudget(
  engine: Engine,
  tenant: string,
  name: string,
  days: number = daysDefault,
): Promise<BudgetView> {
  const budget = await findBudget(engine, tenant, name);
  if (budget === undefined) {
    throw new RejectionError({
      code: "budget_not_found",
      detail: `${name} has no budget`,
      pointer: "budget",
      suggestion: "list the budgets with GET /v1/budgets",
    });
  }
  const now = await budgetNow(engine, tenant, name, budget);
  // The calendar's days, whatever their length: a day's name is what its record is found by.
  const fromDay = budgetDay(Date.parse(`${now.day}T12:00:00Z`) - (days - 1) * dayMs, "UTC");
  const [used, waiting] = await Promise.all([
    loadBudgetDays(engine.store, tenant, name, fromDay, now.day),
    waitingForMoney(engine.store, tenant, name, limits.storePageMax),
  ]);
  return budgetToView(now, {
    waiting: waiting.length,
    days: used.map(({ day, use }) => dayToView(day, use)),
  });
}

async function findBudget(
  { store, definitions }: Engine,
  tenant: string,
  name: string,
): Promise<Budget | undefined> {
  const [kind, of = ""] = name.split("/");
  if (kind === "group") return (await loadGroup(store, tenant, of))?.body.spec.budget;
  if (kind !== "task") return (await loadTenantSettings(store, tenant))?.body.spec.budget;
  const head = await definitions.head(tenant, of);
  if (head === undefined) return undefined;
  return (await definitions.version(tenant, of, head.latestVersion))?.spec.budget;
}

/** All budgets: the tenant's, those of groups, those of tasks, each in the order of names. */
export async function listBudgets(
  engine: Engine,
  tenant: string,
  { limit = limits.pageSizeDefault, cursor }: PageQuery,
): Promise<{ readonly budgets: readonly BudgetView[]; readonly nextCursor?: string }> {
  const binding = { tenant, operation: "listBudgets", filters: {} };
  const place = placeOfCursor(engine.ids, binding, cursor);
  const found = await budgetsAfter(engine, tenant, place ?? "", limit);
  const budgets = await Promise.all(
    found.budgets.map(async ({ name, budget }) =>
      budgetToView(await budgetNow(engine, tenant, name, budget)),
    ),
  );
  const { next } = found;
  return next === undefined
    ? { budgets }
    : { budgets, nextCursor: makeCursor(engine.ids, binding, next) };
}

/** A place is where a budget stands in the list: the tenant's first, then groups, then tasks. */
async function budgetsAfter(
  engine: Engine,
  tenant: string,
  place: string,
  limit: number,
): Promise<{ readonly budgets: readonly NamedBudget[]; readonly next?: string }> {
  const first = (await broadBudgets(engine, tenant)).filter((each) => each.place > place);
  const page = first.slice(0, limit);
  const last = page.at(-1);
  if (page.length === limit && last !== undefined) return { budgets: page, next: last.place };
  const after = place.startsWith(taskPlace) ? place.slice(taskPlace.length) : undefined;
  const tasks = await newestVersions(engine, tenant, limit - page.length, after);
  const ofTasks = tasks.versions.flatMap(({ name, spec: { budget } }) =>
    budget === undefined ? [] : [{ name: gates.task(name), budget }],
  );
  return {
    budgets: [...page, ...ofTasks],
    ...(tasks.last === undefined ? {} : { next: `${taskPlace}${tasks.last}` }),
  };
}

const taskPlace = "2/";

/** Those of the tenant and of its groups, which are few. */
async function broadBudgets(
  engine: Engine,
  tenant: string,
): Promise<readonly (NamedBudget & { readonly place: string })[]> {
  const { settings, groups } = await engine.gates.facts(tenant);
  const ofTenant = settings?.spec.budget;
  const ofGroups = [...groups.values()].flatMap(({ name, spec: { budget } }) =>
    budget === undefined ? [] : [{ name: gates.group(name), budget, place: `1/${name}` }],
  );
  return [
    ...(ofTenant === undefined ? [] : [{ name: gates.tenant, budget: ofTenant, place: "0" }]),
    ...ofGroups.toSorted((left, right) => (left.place < right.place ? -1 : 1)),
  ];
}
