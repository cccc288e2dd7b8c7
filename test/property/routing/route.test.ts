import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import type { Prediction, Receipt } from "../../../shared/routing/receipt.ts";
import { type RouteFacts, route } from "../../../shared/routing/route.ts";
import { termsOf } from "../../../shared/routing/terms.ts";
import type { AllocationPolicy } from "../../../shared/task/allocation-policy.ts";
import { fargateFacts, lambdaFacts } from "../../fixtures/backend-facts.ts";
import {
  everywhere,
  factsOf,
  learnedRuns,
  profileOf,
  saying,
} from "../../unit/routing/route-maker.ts";

const policies = fc.constantFrom<AllocationPolicy[]>(
  { name: "latency-first" },
  { name: "cost-first" },
  { name: "balanced", usdPerSecond: 0.0001 },
  { name: "balanced", usdPerSecond: 0 },
);

const backends: fc.Arbitrary<readonly BackendCapabilities[]> = fc.array(
  fc
    .record({
      like: fc.constantFrom(...everywhere),
      timeoutSecondsMax: fc.constantFrom(60, 900, 86_400),
      memoryMbMax: fc.constantFrom(512, 10_240),
      unavailable: fc.option(fc.constant("it is full"), { nil: undefined, freq: 3 }),
      queued: fc.option(fc.nat({ max: 500 }), { nil: undefined }),
    })
    .map(({ like, unavailable, queued, ...facts }) => ({
      ...like,
      ...facts,
      ...(unavailable === undefined ? {} : { unavailable }),
      ...(queued === undefined ? {} : { queued }),
    })),
  { maxLength: 5 },
);

const facts: fc.Arbitrary<RouteFacts> = fc
  .record({
    backends,
    policy: fc.option(policies, { nil: undefined }),
    timeoutSeconds: fc.constantFrom(30, 300, 3_600),
    estimate: fc.option(fc.integer({ min: 1, max: 4_000 }), { nil: undefined }),
    memoryMb: fc.option(fc.constantFrom(128, 1_024, 8_192), { nil: undefined }),
    floorMb: fc.option(fc.constantFrom(256, 20_480), { nil: undefined }),
    runs: fc.nat({ max: 12 }),
    runMs: fc.integer({ min: 1, max: 3_000_000 }),
    type: fc.constantFrom("serverless", "traditional", "edge" as const),
    open: fc.boolean(),
    promoted: fc.boolean(),
    outgrown: fc.boolean(),
    pinned: fc.option(fc.constantFrom("lambda", "fargate", "nowhere"), { nil: undefined, freq: 4 }),
  })
  .map((drawn) => {
    const { estimate, memoryMb, floorMb, policy, pinned } = drawn;
    const named = drawn.backends.map((backend, place) => ({
      ...backend,
      name: place === 0 ? "lambda" : place === 1 ? "fargate" : `backend-${place}`,
    }));
    const tooSmall = { backend: "lambda", limitMs: 900_000 };
    const placement = { promoted: drawn.promoted, sinceMs: 0, reason: "", fits: 0, tooSmall };
    const attempt = {
      ...{ number: 1, id: "att_1", token: "t", round: 1, backend: "lambda", claimedAtMs: 0 },
      timeoutMs: 60_000,
      error: { class: "outgrown", message: "" },
    } as const;
    return factsOf(
      {
        timeoutSeconds: drawn.timeoutSeconds,
        needs: {
          ...(estimate === undefined ? {} : { executionSecondsEstimate: estimate }),
          ...(memoryMb === undefined ? {} : { memoryMb }),
        },
        ...(policy === undefined ? {} : { policy }),
      },
      {
        backends: named,
        rules: saying({ type: drawn.type, open: drawn.open }),
        profile: profileOf(
          { lambda: learnedRuns(drawn.runs, drawn.runMs) },
          {
            placements: { b0: placement },
            ...(floorMb === undefined ? {} : { memoryMbFloor: floorMb }),
          },
        ),
        instance: {
          attempts: drawn.outgrown ? [attempt] : [],
          ...(pinned === undefined ? {} : { pinnedBackend: pinned }),
        },
      },
    );
  });

describe("a routing decision", () => {
  it("is the same for the same facts, whatever was decided in between", () => {
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        const before = JSON.stringify(route(one));
        route(other);
        expect(JSON.stringify(route(structuredCloneOf(one)))).toBe(before);
      }),
    );
  });

  it("chooses a feasible backend, and none only when none is feasible", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const receipt = route(given);
        const feasible = receipt.candidates.filter((candidate) => candidate.feasible);
        const chosen = feasible.find(({ backend }) => backend === receipt.chosen);
        expect(chosen === undefined).toBe(feasible.length === 0);
        expect(receipt.chosen === undefined).toBe(feasible.length === 0);
        for (const { feasible: can, exclusions } of receipt.candidates) {
          expect(exclusions.length === 0).toBe(can);
        }
        expect(receipt.reason).not.toBe("");
      }),
    );
  });

  it("is never worse than the next best by the policy's own measure", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const receipt = route(given);
        const { margin } = receipt;
        if (margin === undefined) return;
        const policy = given.spec.policy ?? given.rules.active.policy;
        const mine = measure(predictedOf(receipt, receipt.chosen), policy);
        const other = measure(predictedOf(receipt, margin.over), policy);
        expect(other - mine).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("grants no more time and memory than the backend has, and never less memory than declared", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const receipt = route(given);
        const backend = given.backends.find(({ name }) => name === receipt.chosen);
        if (backend === undefined) return;
        const instance = { ...given.instance, attemptCount: 0 };
        const { timeoutMs, memoryMb = 0 } = termsOf(receipt, backend, given.spec, instance);
        const grantedMs = timeoutMs ?? given.instance.timeoutSeconds * 1_000;
        expect(grantedMs).toBeLessThanOrEqual(backend.timeoutSecondsMax * 1_000);
        expect(timeoutMs).toBe(receipt.timeoutMs);
        const declaredMb = given.spec.needs.memoryMb ?? 0;
        expect(memoryMb).toBeGreaterThanOrEqual(declaredMb);
      }),
    );
  });
});

describe("a receipt", () => {
  it("stays small for the usual backends", () => {
    const backends = [lambdaFacts, fargateFacts];
    const needs = { executionSecondsEstimate: 20, memoryMb: 512 };
    const receipt = route(factsOf({ needs }, { backends }));
    expect(JSON.stringify(receipt).length).toBeLessThan(800);
  });
});

/** A copy that shares no object with the original, so that nothing remembered of it is found. */
function structuredCloneOf(given: RouteFacts): RouteFacts {
  const { rules, ...plain } = given;
  return { ...structuredClone(plain), rules };
}

function predictedOf({ candidates }: Receipt, name: string | undefined): Prediction | undefined {
  return candidates.find(({ backend }) => backend === name)?.predicted;
}

function measure(predicted: Prediction | undefined, policy: AllocationPolicy): number {
  const { usd = 0, waitMs = 0, runMs = 0 } = predicted ?? {};
  const ms = waitMs + runMs;
  if (policy.name === "latency-first") return ms;
  if (policy.name === "cost-first") return usd;
  return usd + (policy.usdPerSecond * ms) / 1_000;
}
