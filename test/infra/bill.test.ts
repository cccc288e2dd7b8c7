import { describe, expect, it } from "vitest";
import { meteredUnits } from "../../shared/ports/meter.ts";
import { billOf, sumCounts } from "../../shared/pricing/bill.ts";
import { standingUnits, usEast1PriceTable } from "../../shared/pricing/price-table.ts";

describe("the price table", () => {
  it("has a price for every unit that is counted, and for nothing else", () => {
    expect(Object.keys(usEast1PriceTable.units).sort()).toEqual(
      [...meteredUnits, ...standingUnits].sort(),
    );
    for (const price of Object.values(usEast1PriceTable.units)) {
      expect(price.usd).toBeGreaterThan(0);
      expect(price.alwaysFreePerMonth).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("a bill", () => {
  it("prices a million tasks of a lean path line by line, dearest first", () => {
    const bill = billOf(
      {
        "dynamodb.writeUnits": 5e6,
        "dynamodb.readUnits": 3e6,
        "sqs.requests": 1e6,
        "lambda.requests": 1.3e6,
        "lambda.gbSeconds": 30_000,
        "apigateway.requests": 40_000,
      },
      usEast1PriceTable,
    );
    expect(bill.lines.map(({ unit, usd }) => [unit, Number(usd.toFixed(4))])).toEqual([
      ["dynamodb.writeUnits", 3.125],
      ["lambda.gbSeconds", 0.4],
      ["sqs.requests", 0.4],
      ["dynamodb.readUnits", 0.375],
      ["lambda.requests", 0.26],
      ["apigateway.requests", 0.04],
    ]);
    expect(bill.totalUsd).toBeCloseTo(4.6, 3);
  });

  it("takes permanent allowances off when asked, but never below nothing", () => {
    const counts = { "sqs.requests": 1.5e6, "lambda.requests": 5e5 };
    const bill = billOf(counts, usEast1PriceTable, "always-free");
    const paid = Object.fromEntries(bill.lines.map(({ unit, paidFor }) => [unit, paidFor]));
    expect(paid).toEqual({ "sqs.requests": 5e5, "lambda.requests": 0 });
    expect(bill.totalUsd).toBeCloseTo(0.2, 6);
  });

  it("leaves out what was not used", () => {
    expect(billOf({ "sqs.requests": 0 }, usEast1PriceTable).lines).toEqual([]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s as an amount", (amount) => {
    expect(() => billOf({ "sqs.requests": amount }, usEast1PriceTable)).toThrow("sqs.requests");
  });

  it("refuses a unit without a price instead of billing it as nothing", () => {
    const counts: Record<string, number> = { "quantum.qubits": 3 };
    expect(() => billOf(counts, usEast1PriceTable)).toThrow("quantum.qubits has no price");
  });

  it("adds up the counts of several parts", () => {
    expect(sumCounts([{ "sqs.requests": 1 }, { "sqs.requests": 2, "lambda.requests": 3 }])).toEqual(
      {
        "sqs.requests": 3,
        "lambda.requests": 3,
      },
    );
  });
});
