import { assert } from "../core/errors.ts";
import type { PricedUnit, PriceTable } from "./price-table.ts";

/** How much of each unit was used; a unit that is not named was not used. */
export type UnitCounts = Readonly<Partial<Record<PricedUnit, number>>>;

/** Whether AWS's permanent monthly allowances are taken off before pricing. */
export type Allowances = "none" | "always-free";

export interface BillLine {
  readonly unit: PricedUnit;
  readonly used: number;
  /** What remains to be paid for once the allowance is taken off. */
  readonly paidFor: number;
  readonly usdPerUnit: number;
  readonly usd: number;
}

export interface Bill {
  readonly priceTable: string;
  readonly allowances: Allowances;
  /** Dearest first. */
  readonly lines: readonly BillLine[];
  readonly totalUsd: number;
}

/**
 * Prices counted use line by line. Allowances are per account and month, so they only make sense
 * for counts of a whole month; a bill per million tasks is computed without them.
 */
export function billOf(
  counts: UnitCounts,
  table: PriceTable,
  allowances: Allowances = "none",
): Bill {
  const lines: BillLine[] = [];
  for (const [name, used] of Object.entries(counts)) {
    const unit = pricedUnit(name, table);
    assert(Number.isFinite(used) && used >= 0, `${unit}: ${used} is not an amount`);
    if (used === 0) continue;
    const price = table.units[unit];
    const free = allowances === "always-free" ? price.alwaysFreePerMonth : 0;
    const paidFor = Math.max(0, used - free);
    lines.push({ unit, used, paidFor, usdPerUnit: price.usd, usd: paidFor * price.usd });
  }
  lines.sort((a, b) => b.usd - a.usd || a.unit.localeCompare(b.unit));
  const totalUsd = lines.reduce((sum, line) => sum + line.usd, 0);
  return { priceTable: table.version, allowances, lines, totalUsd };
}

/** Adds counts up, unit by unit. */
export function sumCounts(parts: readonly UnitCounts[]): UnitCounts {
  const sum: Partial<Record<PricedUnit, number>> = {};
  for (const part of parts) {
    for (const [name, amount] of Object.entries(part)) {
      const unit = name as PricedUnit;
      sum[unit] = (sum[unit] ?? 0) + amount;
    }
  }
  return sum;
}

function pricedUnit(name: string, table: PriceTable): PricedUnit {
  // A count of something without a price would otherwise be billed as nothing.
  assert(Object.hasOwn(table.units, name), `${name} has no price in ${table.version}`);
  return name as PricedUnit;
}
