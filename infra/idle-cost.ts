import { type Allowances, type Bill, billOf, sumCounts } from "../shared/pricing/bill.ts";
import type { PriceTable } from "../shared/pricing/price-table.ts";
import { type IdleAssumptions, idleAssumptions } from "./idle/assumptions.ts";
import type { Metered } from "./idle/meter.ts";
import { serverlessMeters } from "./idle/serverless-meters.ts";
import { standingMeters } from "./idle/standing-meters.ts";
import { resourcesOf, type Template } from "./rules/template.ts";

/** One resource of one stack, and what it uses while nothing runs. */
export interface IdleUse {
  /** `<stack>/<logical id>`. */
  readonly resource: string;
  readonly type: string;
  readonly metered: Metered;
}

const meters = { ...serverlessMeters, ...standingMeters };

/** Looks at every resource of every template; a type that no meter knows is "unknown", never free. */
export function idleUseOf(
  templates: Readonly<Record<string, Template>>,
  assumptions: IdleAssumptions = idleAssumptions,
): readonly IdleUse[] {
  return Object.entries(templates).flatMap(([stack, template]) =>
    resourcesOf(template).map((resource) => ({
      resource: `${stack}/${resource.id}`,
      type: resource.Type,
      metered: meters[resource.Type]?.(resource, { template, assumptions }) ?? {
        kind: "unknown",
        why: `nobody has said what ${resource.Type} costs while nothing runs`,
      },
    })),
  );
}

/** The uses whose price nobody knows; there must be none. */
export function unknownUses(uses: readonly IdleUse[]): readonly string[] {
  return uses.flatMap(({ resource, metered }) =>
    metered.kind === "unknown" ? [`${resource}: ${metered.why}`] : [],
  );
}

/** The month's bill for a deployment that is asked for nothing. */
export function idleBillOf(
  uses: readonly IdleUse[],
  table: PriceTable,
  allowances: Allowances,
): Bill {
  const counts = uses.flatMap(({ metered }) => (metered.kind === "billed" ? [metered.counts] : []));
  return billOf(sumCounts(counts), table, allowances);
}
