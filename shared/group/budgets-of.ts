import { gates } from "../limit/gate-names.ts";
import type { Budget } from "./budget.ts";
import type { Group, TenantSettings } from "./group.ts";

/** A budget that bounds an instance, and whose it is. */
export interface NamedBudget {
  /** `task/<name>`, `group/<name>` or `tenant`. */
  readonly name: string;
  readonly budget: Budget;
}

export interface BudgetFacts {
  readonly settings: TenantSettings | undefined;
  readonly groups: ReadonlyMap<string, Group>;
}

/** The budgets of an instance's task, of its group and of its tenant, the narrowest first. */
export function budgetsOf(
  { task, group }: { readonly task: string; readonly group?: string | undefined },
  ofTask: Budget | undefined,
  { settings, groups }: BudgetFacts,
): readonly NamedBudget[] {
  const ofGroup = group === undefined ? undefined : groups.get(group)?.spec.budget;
  const ofTenant = settings?.spec.budget;
  return [
    ...(ofTask === undefined ? [] : [{ name: gates.task(task), budget: ofTask }]),
    ...(ofGroup === undefined || group === undefined
      ? []
      : [{ name: gates.group(group), budget: ofGroup }]),
    ...(ofTenant === undefined ? [] : [{ name: gates.tenant, budget: ofTenant }]),
  ];
}
