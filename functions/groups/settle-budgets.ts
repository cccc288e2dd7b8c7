import { microUsdOf } from "../../shared/group/budget-use.ts";
import type { Attempt } from "../../shared/instance/instance.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import type { Change } from "../../shared/ports/store.ts";
import { attemptUsd } from "../../shared/pricing/attempt-usd.ts";
import { settlementOf } from "./budget-records.ts";

/**
 * Turns what an attempt has set aside into what it cost, now that it has ended. Never bounded, since
 * that money is spent. `lines` are those of budgets that get something back.
 */
export function settledBy(
  tenant: string,
  ended: Attempt,
): { readonly changes: readonly Change[]; readonly lines: readonly string[] } {
  const reserved = ended.held?.budgets ?? [];
  if (reserved.length === 0) return { changes: [], lines: [] };
  const costMicroUsd = microUsdOf(attemptUsd(ended));
  return {
    changes: reserved.map((each) => settlementOf(tenant, each, costMicroUsd)),
    lines: reserved.flatMap(({ budget, microUsd }) =>
      costMicroUsd < microUsd ? [waitingForOf("budget", budget)] : [],
    ),
  };
}
