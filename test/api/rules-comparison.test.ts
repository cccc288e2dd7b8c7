import { describe, expect, it } from "vitest";
import { instanceRecord } from "../../functions/runtime/instances.ts";
import type { RulesComparisonView } from "../../shared/contract/http/comparison-views.ts";
import { keys } from "../../shared/contract/keys.ts";
import type { Attempt, Instance } from "../../shared/instance/instance.ts";
import type { Receipt } from "../../shared/routing/receipt.ts";
import type { RulesHead } from "../../shared/routing/rules/rule-set.ts";
import { fixedRouting, openRuleSet } from "../fixtures/fixed-routing.ts";
import { historyBackends, storeHistory } from "../fixtures/synthetic-history.ts";
import { contents, openYard, type Yard } from "./yard.ts";

const start = Date.parse("2026-11-10T00:00:00.000Z");
const everyMs = 60_000;
const since = "2026-11-10T00:00:00Z";

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const attemptOf = ({ attempts }: Instance): Attempt | undefined => attempts[0];

function usdByHand(instance: Instance): number {
  const { backend = "", usage } = attemptOf(instance) ?? {};
  const ms = usage?.durationMs ?? 0;
  if (backend === "lambda") return 2e-7 + (Math.max(1, ms) / 1_000) * 1.66667e-5;
  if (backend === "edge-tokyo") return (ms / 3_600_000) * 0.09;
  return Math.max(60, Math.ceil(ms / 1_000 + 30)) * (0.5 * 1.1244e-5 + 1.235e-6);
}

function comparisonYard(): Yard {
  const rules = {
    active: openRuleSet({ version: 3 }),
    experiment: { candidate: openRuleSet({ version: 4 }), percent: 25 },
  };
  const yard = openYard({ routing: fixedRouting(historyBackends, { rules }) });
  yard.now = start + 86_400_000 * 3;
  return yard;
}

async function compared(yard: Yard): Promise<RulesComparisonView> {
  const reply = await yard.call("GET", `/v1/rules/comparison?since=${since}`);
  expect(reply.status, reply.text.slice(0, 300)).toBe(200);
  return reply.body;
}

describe("the report on rules in shadow", () => {
  it("counts what they would have moved, by what the receipts say", async () => {
    const yard = comparisonYard();
    const instances = await storeHistory(yard.store, 2_000, { fromMs: start, everyMs });
    const { shadows, scanned } = await compared(yard);
    expect(scanned).toBe(2_000);
    expect(shadows.map(({ version }) => version)).toEqual([7]);
    const known = instances.filter((instance) => attemptOf(instance)?.outcome !== "cancelled");
    const moved = known.filter((instance) => {
      const { backend, receipt } = attemptOf(instance) ?? {};
      return receipt?.shadow?.chosen !== backend;
    });
    expect(shadows[0]).toMatchObject({ instances: known.length, moved: moved.length });
    expect(shadows[0]?.otherwise).toBeCloseTo(moved.length / known.length, 12);
    const pair = moved.filter(
      (instance) =>
        attemptOf(instance)?.backend === "fargate" &&
        attemptOf(instance)?.receipt?.shadow?.chosen === "lambda",
    );
    const found = shadows[0]?.movedByPair.find(
      ({ from, to }) => from === "fargate" && to === "lambda",
    );
    expect(found?.count).toBe(pair.length);
    expect(shadows[0]?.usd.before).toBeCloseTo(sum(known.map(usdByHand)), 9);
  });
});

describe("the report on an experiment", () => {
  it("holds counts, failures, money and time of both arms, as counted by hand", async () => {
    const yard = comparisonYard();
    const instances = await storeHistory(yard.store, 2_000, { fromMs: start, everyMs });
    const { experiments } = await compared(yard);
    expect(experiments).toHaveLength(1);
    const [experiment] = experiments;
    expect(experiment).toMatchObject({ control: 3, candidate: 4, running: true });
    for (const arm of ["control", "candidate"] as const) {
      const mine = instances.filter(
        (instance) =>
          attemptOf(instance)?.receipt?.experiment?.arm === arm && instance.state !== "cancelled",
      );
      const latencies = mine
        .map(({ finishedAtMs = 0, dueAtMs }) => finishedAtMs - dueAtMs)
        .toSorted((left, right) => left - right);
      expect(experiment?.arms[arm]).toMatchObject({
        count: mine.length,
        failures: mine.filter(({ state }) => state !== "succeeded").length,
        latencyMsP50: latencies[Math.ceil(0.5 * mine.length) - 1],
        latencyMsP95: latencies[Math.ceil(0.95 * mine.length) - 1],
      });
      expect(experiment?.arms[arm].usdMean).toBeCloseTo(sum(mine.map(usdByHand)) / mine.length, 12);
    }
    // Chance alone put the instances into their arms.
    expect(experiment?.stopAdvised).toBe(false);
    expect(experiment?.verdict).toContain("failures no different");
  });

  it("counts every attempt of an instance, and its failure once", async () => {
    const yard = comparisonYard();
    await storeArms(yard, 40, ({ arm, number }) => ({
      tries: arm === "candidate" ? 3 : 1,
      failed: arm === "candidate" && number % 2 === 0,
    }));
    const { experiments } = await compared(yard);
    const [experiment] = experiments;
    expect(experiment?.arms.candidate).toMatchObject({ count: 40, failures: 20 });
    const { control, candidate } = experiment?.arms ?? {};
    expect(candidate?.usdMean).toBeCloseTo(3 * (control?.usdMean ?? 0), 12);
    expect(experiment).toMatchObject({ stopAdvised: true });
    expect(experiment?.verdict).toMatch(
      /^candidate is dearer by 200 %.* more failures by 50 points/,
    );
  });
});

describe("an experiment that is asked after", () => {
  const even = () => ({ tries: 1, failed: false });
  const worse = ({ arm }: { arm: string }) => ({ tries: 1, failed: arm === "candidate" });
  const stop = (yard: Yard) => yard.call("POST", "/v1/rules/experiment/stop-if-worse");

  async function experimentYard(startedAtMs = start): Promise<Yard> {
    const yard = comparisonYard();
    const experiment = { candidateVersion: 4, percent: 50, startedAtMs, startedBy: "ada" };
    const versions = { latestVersion: 4, activeVersion: 3 };
    const head: RulesHead = {
      ...{ tenant: "acme", ...versions, experiment },
      ...{ updatedAtMs: start, updatedBy: "ada" },
    };
    const record = { key: keys.rulesHead("acme"), type: "rules", body: head } as const;
    await yard.store.write([{ kind: "put", record, expect: "absent" }]);
    return yard;
  }

  async function headOf(yard: Yard): Promise<RulesHead> {
    return (await yard.store.get(keys.rulesHead("acme")))?.body as unknown as RulesHead;
  }

  it("is ended when its candidate is clearly worse, and that is on record", async () => {
    const yard = await experimentYard();
    await storeArms(yard, 120, worse);
    expect((await stop(yard)).body).toMatchObject({ outcome: "stopped" });
    const head = await headOf(yard);
    expect(head.experiment).toBeUndefined();
    expect(head.changes?.[0]).toMatchObject({ by: "ada", change: { kind: "experiment" } });
    expect(head.changes?.[0]?.reason).toContain("more failures by 100 points");
    expect((await stop(yard)).body).toEqual({ outcome: "none running" });
  });

  it.each([
    ["its arms are alike", 120, even, start],
    ["too few instances took part, however bad they look", 99, worse, start],
    ["what is worse was before its start", 120, worse, start + 3_600_000],
  ])("goes on while %s", async (_, each, fate, startedAtMs) => {
    const yard = await experimentYard(startedAtMs);
    await storeArms(yard, each, fate);
    const before = contents(yard);
    expect((await stop(yard)).body.outcome).toBe("goes on");
    expect(contents(yard)).toBe(before);
  });
});

/** Stores so many instances of each arm, the attempts of which took one second each. */
async function storeArms(
  yard: Yard,
  each: number,
  fate: (of: { arm: "control" | "candidate"; number: number }) => {
    tries: number;
    failed: boolean;
  },
): Promise<void> {
  const [template] = await storeHistory(yard.store, 1, { fromMs: start - everyMs, everyMs });
  const model = template?.attempts[0];
  if (template === undefined || model?.receipt === undefined) throw new Error("no template");
  const receipt: Receipt = model.receipt;
  for (const arm of ["control", "candidate"] as const) {
    for (let number = 0; number < each; number++) {
      const { tries, failed } = fate({ arm, number });
      const id = `ins_${arm.padEnd(16, "0")}${String(number).padStart(10, "0")}`;
      const attempts = Array.from({ length: tries }, (_, place): Attempt => {
        const { usage: _usage, ...rest } = model;
        const experiment = { arm, control: 3, candidate: 4 };
        const outcome = failed || place < tries - 1 ? "failed" : "succeeded";
        const usage = { durationMs: 1_000 };
        return { ...rest, number: place + 1, outcome, usage, receipt: { ...receipt, experiment } };
      });
      const createdAtMs = start + number;
      const times = { createdAtMs, dueAtMs: createdAtMs, finishedAtMs: createdAtMs + 4_000 };
      const state = failed ? "failed" : "succeeded";
      const instance: Instance = { ...template, ...times, id, state, attempts };
      const record = instanceRecord(instance);
      await yard.store.write([{ kind: "put", record, expect: "absent" }]);
    }
  }
}
