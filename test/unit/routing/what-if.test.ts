import { describe, expect, it } from "vitest";
import type { Attempt, Instance } from "../../../shared/instance/instance.ts";
import type { Receipt } from "../../../shared/routing/receipt.ts";
import { whatIf } from "../../../shared/routing/what-if.ts";
import { type WhatIfRow, whatIfRowOf } from "../../../shared/routing/what-if-row.ts";
import {
  historyBackends,
  historySpec,
  seededNumbers,
  syntheticInstance,
} from "../../fixtures/synthetic-history.ts";

const template = syntheticInstance(1, seededNumbers(1), 1_000_000);
const [model] = template.attempts;
const receipt = model?.receipt as Receipt;

/** An instance that ran on Lambda for so long, and could have run anywhere. */
function instanceOf(changes: Partial<Attempt> = {}, more: Partial<Instance> = {}): Instance {
  const candidates = receipt.candidates.map((candidate) => ({
    ...candidate,
    feasible: true,
    predicted: { waitMs: 40_000, runMs: 1_000, usd: 0.5, timeoutRisk: 0.25 },
  }));
  const attempt = {
    ...(model as Attempt),
    ...{ backend: "lambda", claimedAtMs: 1_000_000, startedAtMs: 1_000_200 },
    ...{ usage: { durationMs: 10_000 }, outcome: "succeeded" as const },
    receipt: { ...receipt, candidates },
    ...changes,
  };
  return { ...template, state: "succeeded", attempts: [attempt], ...more };
}

function rowOf(instance: Instance): WhatIfRow {
  const source = whatIfRowOf(instance, historySpec);
  if ("skipped" in source) throw new Error(source.skipped);
  return source.row;
}

function movedTo(backend: string | undefined, instance: Instance, backends = historyBackends) {
  const decision = { backend, rule: "tried", reason: "because" };
  return whatIf([{ row: rowOf(instance) }], () => decision, { backends });
}

describe("what moving an instance changes", () => {
  it("is the price and the wait elsewhere, for the time that it really ran", () => {
    const result = movedTo("fargate", instanceOf());
    expect(result.usd.before).toBeCloseTo(2e-7 + 10 * 1.66667e-5, 12);
    expect(result.usd.after).toBeCloseTo(60 * (0.5 * 1.1244e-5 + 1.235e-6), 12);
    expect(result.latencyMs?.p50).toEqual({ before: 10_200, after: 50_000, delta: 39_800 });
    expect(result.movedByPair).toMatchObject([{ from: "lambda", to: "fargate", count: 1 }]);
    expect(result.worst).toMatchObject([
      { instanceId: template.id, rule: "tried", reason: "because" },
    ]);
  });

  it("is nothing where it stays, or where nothing could have been chosen", () => {
    for (const to of ["lambda", undefined]) {
      const result = movedTo(to, instanceOf());
      expect(result).toMatchObject({ instances: 1, moved: 0, worst: [], byTask: [] });
      expect(result.usd.delta).toBe(0);
    }
  });

  it("is priced as predicted where the other backend is gone since", () => {
    const remaining = historyBackends.filter(({ name }) => name !== "fargate");
    expect(movedTo("fargate", instanceOf(), remaining).usd.after).toBe(0.5);
  });

  it("is priced by what is on record where its own backend is gone, else left out", () => {
    const [, ...remaining] = historyBackends;
    const pricing = { model: "lambda", architecture: "arm64" } as const;
    const priced = movedTo("fargate", instanceOf({ pricing }), remaining);
    expect(priced.usd.before).toBeCloseTo(2e-7 + 10 * 1.33334e-5, 12);
    expect(movedTo("fargate", instanceOf(), remaining)).toMatchObject({
      instances: 0,
      skipped: { no_price: 1 },
    });
  });

  it.each([
    ["ran longer than the other one lets it", { usage: { durationMs: 130_000 } }, 0, 1],
    ["ran as long as the other one lets it", { usage: { durationMs: 120_000 } }, 0, 0],
    ["ran out of time after less than the other one gives", { outcome: "timed_out" }, 1, 0.25],
    [
      "ran out of more time than the other one gives",
      { outcome: "timed_out", usage: { durationMs: 900_000 } },
      1,
      1,
    ],
  ] as const)("expects a timeout of one that %s", (_, changes, before, after) => {
    const result = movedTo("edge-tokyo", instanceOf(changes));
    expect(result.predictedTimeouts).toEqual({ before, after, delta: after - before });
  });
});

describe("instances that say nothing about other rules", () => {
  const { receipt: _, ...withoutReceipt } = model as Attempt;
  const { startedAtMs: __, ...notStarted } = model as Attempt;
  const unpredicted = {
    ...receipt,
    candidates: receipt.candidates.map(({ predicted, ...rest }) => rest),
  };

  it.each([
    ["open", instanceOf({}, { state: "running" })],
    ["never_ran", instanceOf({}, { state: "expired", attempts: [notStarted] })],
    ["cut_short", instanceOf({ outcome: "cancelled" }, { state: "cancelled" })],
    ["cut_short", instanceOf({ outcome: "lost" }, { state: "failed" })],
    ["no_receipt", instanceOf({}, { attempts: [{ ...withoutReceipt, outcome: "failed" }] })],
    ["no_receipt", instanceOf({ receipt: unpredicted })],
  ] as const)("are skipped as %s", (skipped, instance) => {
    expect(whatIfRowOf(instance, historySpec)).toEqual({ skipped });
  });

  it("are skipped when their task's version is gone", () => {
    expect(whatIfRowOf(instanceOf(), undefined)).toEqual({ skipped: "unknown_task" });
  });

  it("are counted by the reason", () => {
    const sources = [{ skipped: "open" }, { skipped: "open" }, { skipped: "never_ran" }] as const;
    const result = whatIf(sources, () => ({ rule: "", reason: "" }), { backends: [] });
    expect(result).toMatchObject({ instances: 0, skipped: { open: 2, never_ran: 1 } });
    expect(result.latencyMs).toBeUndefined();
  });
});

describe("the features of a row", () => {
  it("are those of the receipt with what the instance says itself", () => {
    const row = rowOf(instanceOf({}, { task: "mail", group: "night", tags: { team: "red" } }));
    expect(row.features).toMatchObject({
      task: "mail",
      group: "night",
      "tag.team": "red",
      trigger_type: "http",
    });
  });
});
