import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { crossOverMs, priceRatio } from "../../shared/pricing/cross-over.ts";
import type { RunSize } from "../../shared/pricing/pricing.ts";
import { usEast1RunPrices } from "../../shared/pricing/run-prices.ts";

/** Set UPDATE_DOCS=1 to rewrite the generated parts instead of checking them. */
const update = process.env.UPDATE_DOCS === "1";
const file = "docs/prices.md";

const parts = { "cross-over": crossOverTable, prices: pricesTable } as const;

describe("docs/prices.md", () => {
  it.each(Object.entries(parts))("holds the part %s as the price table makes it", (name, make) => {
    const text = readFileSync(file, "utf8");
    const between = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`);
    expect(text).toMatch(between);
    const expected = text.replace(between, () => `<!-- ${name} -->\n${make()}\n<!-- /${name} -->`);
    if (update) writeFileSync(file, expected);
    else expect(text).toBe(expected);
  });
});

function crossOverTable(): string {
  const lengths = [1, 10, 30, 60, 300, 900];
  const sizes: readonly (readonly [string, RunSize])[] = [
    ["0.5 GB, 0.25 vCPU", { memoryMb: 512, cpuCores: 0.25 }],
    ["1.77 GB, 1 vCPU; 2 GB on Fargate", { memoryMb: 1.769 * 1_024, cpuCores: 1 }],
  ];
  const rows = sizes.map(([name, size]) => {
    const lambda = { pricing: { model: "lambda", architecture: "x86_64" }, size } as const;
    const fargate = {
      pricing: { model: "fargate", architecture: "x86_64", spot: false },
      size,
    } as const;
    const ratios = lengths.map(
      (seconds) => `${priceRatio(lambda, fargate, seconds * 1_000).toFixed(2)}×`,
    );
    const crossOver = crossOverMs(lambda, fargate, 900_000) ?? Number.NaN;
    return `| ${[name, ...ratios, `≈ ${Math.round(crossOver / 1_000)} s`].join(" | ")} |`;
  });
  const heads = ["size", ...lengths.map((seconds) => `${seconds} s`), "cross-over"];
  return [`| ${heads.join(" | ")} |`, `|---|${"---:|".repeat(7)}`, ...rows].join("\n");
}

interface Row {
  readonly of: string;
  readonly figure: string;
  readonly confidence: string;
  readonly note: string;
}

function pricesTable(): string {
  const heads = `Table \`${usEast1RunPrices.version}\`, US dollars.\n\n| of | figure | how sure | what it is |\n|---|---:|---|---|`;
  const { lambda, fargate, stepFunctions, alicloudFc } = usEast1RunPrices;
  const rows = Object.entries({
    Lambda: lambda,
    Fargate: fargate,
    "Step Functions": stepFunctions,
    "Alibaba Cloud FC": alicloudFc,
  }).flatMap(([of, figures]) => rowsOf(of, figures));
  return [
    heads,
    ...rows.map(
      ({ of, figure, confidence, note }) => `| ${of} | ${figure} | ${confidence} | ${note} |`,
    ),
  ].join("\n");
}

/** Every figure with a note below a part of the table. */
function rowsOf(of: string, node: unknown): readonly Row[] {
  if (typeof node !== "object" || node === null) return [];
  if ("note" in node && "confidence" in node) {
    const figure = "usd" in node ? shortest(Number(node.usd)) : String(Object(node).value);
    return [{ of, figure, confidence: String(node.confidence), note: String(node.note) }];
  }
  return Object.values(node).flatMap((child) => rowsOf(of, child));
}

function shortest(usd: number): string {
  return `$${usd.toLocaleString("en", { maximumSignificantDigits: 6, maximumFractionDigits: 12 })}`;
}
