import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../shared/instance/instance.ts";
import { attemptUsd, roundedUsd } from "../../../shared/pricing/attempt-usd.ts";
import { priceRun } from "../../../shared/pricing/price-run.ts";
import { settle } from "../../../shared/routing/settle.ts";
import { termsOf } from "../../../shared/routing/terms.ts";
import { fargateFacts, lambdaFacts } from "../../fixtures/backend-facts.ts";
import { submittedAtMs } from "../instance/instance-maker.ts";
import { factsOf, routed } from "./route-maker.ts";

const backends = [lambdaFacts, fargateFacts];
const needs = { memoryMb: 1_024, executionSecondsEstimate: 20 };
const { spec, instance } = factsOf({ needs, timeoutSeconds: 3_600 });
const receipt = routed({ needs, timeoutSeconds: 3_600 }, { backends });

function finished(runMs: number, changes: Partial<Attempt> = {}): Attempt {
  const startedAtMs = submittedAtMs + 700;
  return {
    number: 1,
    id: "att_1",
    token: "t",
    round: 1,
    backend: "lambda",
    claimedAtMs: submittedAtMs,
    startedAtMs,
    finishedAtMs: startedAtMs + runMs,
    outcome: "succeeded",
    ...termsOf(receipt, lambdaFacts, spec, { ...instance, attempts: [], attemptCount: 0 }),
    receipt,
    ...changes,
  };
}

const settled = (attempt: Attempt, facts = backends) => settle(attempt, instance, spec, facts);

describe("what became of an attempt", () => {
  it("stands beside what the same run would have been elsewhere", () => {
    const settlement = settled(finished(30_000));
    const size = { memoryMb: 1_024, cpuCores: 0.58 };
    expect(settlement?.actual).toEqual({
      waitMs: 700,
      runMs: 30_000,
      usd: roundedUsd(priceRun(lambdaFacts.pricing, size, 30_000).usd),
    });
    const [other] = settlement?.elsewhere ?? [];
    const fargate = priceRun(fargateFacts.pricing, { memoryMb: 1_024, cpuCores: 0.25 }, 30_000);
    expect(other).toMatchObject({ backend: "fargate", feasible: true, ms: 75_000 });
    expect(other?.usd).toBeCloseTo(fargate.usd, 6);
  });

  it("says where it would have been cut off", () => {
    const attempt = finished(1_000_000, { backend: "fargate" });
    const size = { memoryMb: 1_024, cpuCores: 0.58 };
    expect(settled(attempt)?.elsewhere).toMatchObject([
      {
        backend: "lambda",
        cutOff: true,
        ms: 900_400,
        usd: roundedUsd(priceRun(lambdaFacts.pricing, size, 900_000).usd),
      },
    ]);
    const [fits] = settled(finished(900_000, { backend: "fargate" }))?.elsewhere ?? [];
    expect(fits).not.toHaveProperty("cutOff");
  });

  it("takes one whose time ran out for cut off where it would have had no more", () => {
    const outOfTime = { outcome: "timed_out" as const };
    const there = (runMs: number, backend: string) =>
      settled(finished(runMs, { ...outOfTime, backend }))?.elsewhere;
    expect(there(900_000, "fargate")).toMatchObject([{ backend: "lambda", cutOff: true }]);
    expect(there(900_000, "lambda")?.[0]).not.toHaveProperty("cutOff");
    // An hour is all that the instance grants, wherever it runs.
    expect(there(3_600_000, "lambda")).toMatchObject([{ backend: "fargate", cutOff: true }]);
  });

  it("leaves out backends that are gone, and attempts that are not over or have no receipt", () => {
    expect(settled(finished(1_000), [lambdaFacts])?.elsewhere).toEqual([]);
    const { receipt: _, ...without } = finished(1_000);
    expect(settled(without)).toBeUndefined();
    const { outcome: _outcome, ...running } = finished(1_000);
    expect(settled(running)).toBeUndefined();
  });
});

describe("what an attempt cost", () => {
  it("goes by what was measured, else by its start and end", () => {
    const measured = finished(30_000, { usage: { durationMs: 10_000 } });
    expect(attemptUsd(measured)).toBeLessThan(attemptUsd(finished(30_000)) / 2);
  });

  it("is nothing for one that never began, and where nothing is charged", () => {
    const { startedAtMs: _, ...lost } = finished(30_000);
    expect(attemptUsd(lost)).toBe(0);
    const { pricing: _pricing, ...free } = finished(30_000);
    expect(attemptUsd(free)).toBe(0);
  });
});
