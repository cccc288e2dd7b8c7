import { describe, expect, it } from "vitest";
import { fcCapabilities } from "../../../functions/adapters/alicloud/fc-capabilities.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { priceRun } from "../../../shared/pricing/price-run.ts";
import { RollupTally } from "../../../shared/rollup/tally.ts";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import { outcomeOf } from "../../../shared/routing/compare/arm-tally.ts";
import { route } from "../../../shared/routing/route.ts";
import { settle } from "../../../shared/routing/settle.ts";
import { termsOf } from "../../../shared/routing/terms.ts";
import { whatIf } from "../../../shared/routing/what-if.ts";
import { whatIfRowOf } from "../../../shared/routing/what-if-row.ts";
import {
  backendFacts,
  edgeFacts,
  fargateFacts,
  lambdaFacts,
} from "../../fixtures/backend-facts.ts";
import {
  afterwards,
  claim,
  credentialOf,
  definitionOf,
  openedBy,
  submittedAtMs as t0,
} from "../instance/instance-maker.ts";
import { factsOf } from "./route-maker.ts";

const alicloud: BackendCapabilities = {
  ...fcCapabilities({ region: "eu-central-1", pollSeconds: 5 } as Parameters<
    typeof fcCapabilities
  >[0]),
  storageMbMax: 10_240,
};
const own = backendFacts({ name: "own", targets: ["package"] });
const backends = [lambdaFacts, fargateFacts, alicloud, edgeFacts, own];

/** Five times what Lambda includes, and more than Fargate does. */
const needs = { memoryMb: 1_024, cpuCores: 1, storageMb: 30_720 };
const taskSpec = {
  run: { package: { function: "job" }, command: { argv: ["job"] } },
  needs,
  timeoutSeconds: 7_200,
};
const definition = definitionOf(taskSpec);

/** An instance that ran there for so long, from its submission to its end. */
function ranOn(backend: BackendCapabilities, runMs: number): Instance {
  const opened = openedBy(definition);
  const facts = factsOf(taskSpec, { backends, instance: opened });
  const receipt = route(facts);
  const terms = termsOf(receipt, backend, definition.spec, opened);
  const command = { ...claim(1), backend: backend.name, terms, receipt };
  const claimed = afterwards(opened, command, t0 + 10, definition);
  const who = credentialOf(claimed);
  const startedAtMs = t0 + 500;
  const started = { name: "confirm", ...who, startedAtMs } as const;
  const running = afterwards(claimed, started, startedAtMs, definition);
  const ended = { name: "succeed", ...who, usage: { durationMs: runMs } } as const;
  return afterwards(running, ended, startedAtMs + runMs + 90, definition);
}

function settlementOf(instance: Instance) {
  const [attempt] = instance.attempts;
  if (attempt === undefined) throw new Error("it has no attempt");
  return settle(attempt, instance, definition.spec, backends);
}

function movedTo(backend: string, instance: Instance) {
  const decision = { backend, rule: "tried", reason: "because" };
  return whatIf([whatIfRowOf(instance, definition.spec)], () => decision, { backends });
}

function rolledUp(instance: Instance): number | undefined {
  const tally = new RollupTally();
  tally.add(instance);
  return tally.rollups().find(({ bucket }) => bucket.startsWith("h-"))?.usdSum;
}

describe("what one attempt cost", () => {
  it.each(backends.map((backend) => [backend.name, backend] as const))(
    "is the same in rollups, receipts, experiments and what-if, on %s",
    (_, backend) => {
      const instance = ranOn(backend, 240_000);
      const usd = settlementOf(instance)?.actual.usd;
      expect(rolledUp(instance)).toBe(usd);
      expect(movedTo(backend.name, instance).usd).toEqual({ before: usd, after: usd, delta: 0 });
      const facts = new Map(backends.map((each) => [each.name, each]));
      expect(outcomeOf(instance, { needs, backends: facts })?.usd).toBe(usd);
    },
  );

  it.each([
    ["lambda", lambdaFacts, { ...needs, cpuCores: 0.58 }],
    ["fargate", fargateFacts, needs],
    ["alicloud-fc", alicloud, needs],
  ] as const)(
    "has the cores and the storage beyond what is included in it, on %s",
    (_, backend, size) => {
      const { usd } = priceRun(backend.pricing, size, 240_000);
      expect(rolledUp(ranOn(backend, 240_000))).toBeCloseTo(usd, 11);
      const { storageMb: __, ...bare } = size;
      expect(usd).toBeGreaterThan(priceRun(backend.pricing, bare, 240_000).usd * 1.02);
    },
  );

  it("stays as it was when its backend charges otherwise since", () => {
    const [attempt] = ranOn(lambdaFacts, 240_000).attempts;
    if (attempt === undefined) throw new Error("it has no attempt");
    const dearer = { ...lambdaFacts, pricing: fargateFacts.pricing };
    const now = settle(attempt, { timeoutSeconds: 900 }, definition.spec, [dearer]);
    expect(now?.actual.usd).toBe(settlementOf(ranOn(lambdaFacts, 240_000))?.actual.usd);
  });
});

describe("what the same run would have been elsewhere", () => {
  it.each([240_000, 3_000_000])(
    "is the same in receipts and what-if, for a run of %i ms",
    (runMs) => {
      const instance = ranOn(fargateFacts, runMs);
      const elsewhere = settlementOf(instance)?.elsewhere ?? [];
      expect(elsewhere.map(({ backend }) => backend).toSorted()).toEqual(
        ["lambda", "alicloud-fc", "edge-tokyo", "own"].toSorted(),
      );
      for (const { backend, usd, ms, cutOff } of elsewhere) {
        const moved = movedTo(backend, instance);
        expect(moved.usd.after).toBe(usd);
        expect(moved.latencyMs?.p50.after).toBe(ms);
        expect(moved.predictedTimeouts.after).toBe(cutOff === true ? 1 : 0);
      }
    },
  );
});
