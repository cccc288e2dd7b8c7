import { describe, expect, it } from "vitest";
import { costBand } from "../../../shared/routing/cost-band.ts";

/** A cent a second. */
const terms = { pricing: { model: "pool", usdPerHour: 36, slots: 1 } } as const;
const facts = {
  backend: "pool",
  terms,
  timeoutSeconds: 1_000,
  needs: { executionSecondsEstimate: 100 },
  inputBytes: 10,
  profile: undefined,
};

describe("the cost of an attempt", () => {
  it("is a band around what its estimate says", () => {
    const { lowUsd, medianUsd, highUsd, basis } = costBand(facts);
    expect(basis).toBe("estimate");
    expect(lowUsd).toBeLessThan(medianUsd);
    expect(medianUsd).toBeLessThan(highUsd);
    expect(medianUsd).toBeGreaterThan(0.5);
    expect(highUsd).toBeLessThan(4);
  });

  it("is one price where the run time is certain", () => {
    const needs = { executionSecondsEstimate: 100, executionSecondsVariance: 0 };
    expect(costBand({ ...facts, needs })).toMatchObject({ lowUsd: 1, medianUsd: 1, highUsd: 1 });
  });

  it("ends at the price of all the time that an attempt may take", () => {
    const band = costBand({ ...facts, timeoutSeconds: 50 });
    expect(band).toMatchObject({ medianUsd: 0.5, highUsd: 0.5 });
    expect(costBand({ ...facts, terms: { ...terms, timeoutMs: 20_000 } }).highUsd).toBe(0.2);
  });

  it("is a guess where nothing is known, and nothing where nothing is charged", () => {
    expect(costBand({ ...facts, needs: {} }).basis).toBe("unknown");
    expect(costBand({ ...facts, terms: {} })).toMatchObject({ lowUsd: 0, highUsd: 0 });
  });
});
