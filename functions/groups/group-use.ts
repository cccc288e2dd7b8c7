import { type BudgetNow, budgetToView } from "../../shared/contract/http/budget-views.ts";
import type { IdleHoursView, TenantView, UseView } from "../../shared/contract/http/group-views.ts";
import { isoTime } from "../../shared/contract/http/iso-time.ts";
import { keys } from "../../shared/contract/keys.ts";
import type { Budget } from "../../shared/group/budget.ts";
import { budgetDay, nextBudgetDayMs } from "../../shared/group/budget-day.ts";
import type { GroupSpec, TenantSpec } from "../../shared/group/group.ts";
import { busyHours } from "../../shared/group/idle-hours.ts";
import { quotaMinute } from "../../shared/group/quota.ts";
import { gates } from "../../shared/limit/gate-names.ts";
import type { Engine } from "../runtime/engine.ts";
import { hourlyRollups } from "../tasks/task-stats.ts";
import { loadBudgetUse } from "./budget-records.ts";
import { countOpen, tasksOfGroup } from "./group-members.ts";

const hourMs = 3_600_000;
const idleHoursShown = 24;

/** How much of a group's bounds is in use. */
export async function useOfGroup(
  engine: Engine,
  tenant: string,
  name: string,
  spec: GroupSpec,
): Promise<UseView> {
  const [open, bounds] = await Promise.all([
    countOpen(engine, tenant, name),
    useOfBounds(engine, tenant, gates.group(name), spec),
  ]);
  return { ...open, ...bounds };
}

/** How much of the tenant's bounds is in use. */
export function useOfTenant(
  engine: Engine,
  tenant: string,
  spec: TenantSpec,
): Promise<TenantView["use"]> {
  return useOfBounds(engine, tenant, gates.tenant, spec);
}

async function useOfBounds(
  engine: Engine,
  tenant: string,
  subject: string,
  { submissionsPerMinute, budget }: Pick<TenantSpec, "submissionsPerMinute" | "budget">,
): Promise<TenantView["use"]> {
  const nowMs = engine.clock.now();
  const { minute, endsAtMs } = quotaMinute(nowMs);
  const [submitted, money] = await Promise.all([
    submissionsPerMinute === undefined
      ? undefined
      : engine.store.get(keys.quota(tenant, subject, minute)),
    budget === undefined ? undefined : budgetNow(engine, tenant, subject, budget),
  ]);
  return {
    ...(submissionsPerMinute === undefined
      ? {}
      : {
          submissions: {
            perMinute: submissionsPerMinute,
            used: Number(submitted?.body.submitted ?? 0),
            freeAgainAt: isoTime(endsAtMs),
          },
        }),
    ...(money === undefined ? {} : { budget: budgetToView(money) }),
  };
}

/** A budget, and what today has taken of it. */
export async function budgetNow(
  { store, clock }: Pick<Engine, "store" | "clock">,
  tenant: string,
  name: string,
  budget: Budget,
): Promise<BudgetNow> {
  const nowMs = clock.now();
  const day = budgetDay(nowMs, budget.timezone);
  const use = await loadBudgetUse(store, tenant, name, day);
  return { name, budget, day, use, nextDayMs: nextBudgetDayMs(nowMs, budget.timezone) };
}

/**
 * The last whole hours in which no attempt of the group's tasks ran. Its tasks are those whose newest
 * version names it, because rollups are kept by task.
 */
export async function idleHoursOf(
  engine: Engine,
  tenant: string,
  group: string,
): Promise<IdleHoursView> {
  const nowMs = engine.clock.now();
  const untilMs = Math.floor(nowMs / hourMs) * hourMs;
  const fromMs = untilMs - idleHoursShown * hourMs;
  const rollups = await Promise.all(
    (await tasksOfGroup(engine, tenant, group)).map((task) =>
      hourlyRollups(engine, tenant, task, fromMs, nowMs),
    ),
  );
  const busy = busyHours(rollups.flat(), fromMs, untilMs);
  return {
    from: isoTime(fromMs),
    until: isoTime(untilMs),
    busyHours: busy,
    idleHours: idleHoursShown - busy,
  };
}
