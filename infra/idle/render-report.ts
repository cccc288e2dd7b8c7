import type { Bill } from "../../shared/pricing/bill.ts";
import { billOf } from "../../shared/pricing/bill.ts";
import type { PriceTable } from "../../shared/pricing/price-table.ts";
import type { IdleUse } from "../idle-cost.ts";
import { idleBillOf, unknownUses } from "../idle-cost.ts";

/** The report as Markdown: what bills, why, and what remains once the permanent allowances are off. */
export function renderIdleReport(uses: readonly IdleUse[], table: PriceTable): string {
  const unknowns = unknownUses(uses);
  return [
    `List prices of ${table.region}, table \`${table.version}\`; US cents per month of 730 hours.`,
    "",
    ...byResource(uses, table),
    "",
    ...byUnit(idleBillOf(uses, table, "none"), idleBillOf(uses, table, "always-free"), table),
    "",
    `${freeCount(uses)} further resources bill nothing while nothing runs.`,
    ...(unknowns.length === 0 ? [] : ["", "Of unknown price:", ...unknowns.map((u) => `- ${u}`)]),
  ].join("\n");
}

function byResource(uses: readonly IdleUse[], table: PriceTable): readonly string[] {
  const rows = uses
    .flatMap(({ resource, metered }) =>
      metered.kind === "billed"
        ? [{ resource, why: metered.why, usd: billOf(metered.counts, table).totalUsd }]
        : [],
    )
    .sort((a, b) => b.usd - a.usd || a.resource.localeCompare(b.resource))
    .map(({ resource, why, usd }) => `| ${resource} | ${why} | ${cents(usd)} |`);
  return ["| resource | what it does all month | cents |", "|---|---|---:|", ...rows];
}

function byUnit(full: Bill, reduced: Bill, table: PriceTable): readonly string[] {
  const rows = full.lines.map(({ unit, used, usd }) => {
    const { alwaysFreePerMonth } = table.units[unit];
    const left = reduced.lines.find((line) => line.unit === unit)?.usd ?? 0;
    const allowance = alwaysFreePerMonth === 0 ? "–" : amount(alwaysFreePerMonth);
    return `| ${unit} | ${amount(used)} | ${allowance} | ${cents(usd)} | ${cents(left)} |`;
  });
  return [
    "| unit | used | free for ever | cents without | cents with the allowances |",
    "|---|---:|---:|---:|---:|",
    ...rows,
    `| **together** | | | **${cents(full.totalUsd)}** | **${cents(reduced.totalUsd)}** |`,
  ];
}

function freeCount(uses: readonly IdleUse[]): number {
  return uses.filter(({ metered }) => metered.kind === "free").length;
}

function cents(usd: number): string {
  return (usd * 100).toFixed(2);
}

function amount(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 3 : 0 });
}
