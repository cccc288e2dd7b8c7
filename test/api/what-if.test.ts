import { beforeAll, describe, expect, it } from "vitest";
import type { WhatIfView } from "../../shared/contract/http/comparison-views.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { ReceiptCandidate } from "../../shared/routing/receipt.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import { historyBackends, storeHistory } from "../fixtures/synthetic-history.ts";
import {
  admin,
  contents,
  expectProblem,
  openYard,
  type Reply,
  stranger,
  type Yard,
} from "./yard.ts";

const count = 100_000;
const start = Date.parse("2026-11-01T00:00:00.000Z");
const everyMs = 10_000;
const tried = {
  name: "tried",
  rules: [
    {
      name: "near",
      when: "latency_requirement < 50ms AND task IN ['mail', 'resize']",
      type: "edge",
      priority: "high",
    },
    { name: "long", when: "execution_time_estimate > 60s OR stateful = true", type: "traditional" },
  ],
  policy: { name: "cost-first" },
};

interface Plain {
  readonly instance: Instance;
  readonly from: string;
  readonly to: string;
  readonly usd: readonly [number, number];
  readonly ms: readonly [number, number];
  readonly timeouts: readonly [number, number];
}

/** The same by hand: what the rules, the policy and the price list say, without the product's code. */
function byHand(instance: Instance): Plain | undefined {
  const attempt = instance.attempts[0];
  const receipt = attempt?.receipt;
  if (attempt?.usage === undefined || receipt === undefined) return undefined;
  if (attempt.outcome === "cancelled") return undefined;
  const from = attempt.backend;
  const to = decidedByHand(instance.task, receipt.features, receipt.candidates);
  const runMs = attempt.usage.durationMs;
  const waitMs = (attempt.startedAtMs ?? 0) - attempt.claimedAtMs;
  const there = receipt.candidates.find(({ backend }) => backend === to)?.predicted;
  const moves = from !== to;
  const ranOut = attempt.outcome === "timed_out";
  const limitMs = to === "edge-tokyo" ? 120_000 : 900_000;
  const risk = limitMs <= runMs ? 1 : (there?.timeoutRisk ?? 0);
  const timeoutAfter = ranOut ? risk : Number(runMs > limitMs);
  // Elsewhere nothing runs longer than it may there.
  const thereMs = moves ? Math.min(runMs, limitMs) : runMs;
  return {
    instance,
    from,
    to,
    usd: [usdByHand(from, runMs), usdByHand(to, thereMs)],
    ms: [waitMs + runMs, (moves ? (there?.waitMs ?? 0) : waitMs) + thereMs],
    timeouts: [Number(ranOut), moves ? timeoutAfter : Number(ranOut)],
  };
}

function decidedByHand(
  task: string,
  features: Readonly<Record<string, unknown>>,
  candidates: readonly ReceiptCandidate[],
): string {
  const feasible = candidates.filter((candidate) => candidate.feasible);
  // Of equally dear ones the quicker goes first; estimates have three digits, so that happens.
  const cheapest = feasible.toSorted((a, b) => {
    const [mine, other] = [a.predicted, b.predicted];
    return (
      (mine?.usd ?? 0) - (other?.usd ?? 0) ||
      (mine?.waitMs ?? 0) + (mine?.runMs ?? 0) - (other?.waitMs ?? 0) - (other?.runMs ?? 0)
    );
  })[0]?.backend;
  const isNear = Number(features.latency_requirement) < 50 && task !== "etl";
  if (isNear && feasible.some(({ type }) => type === "edge")) return "edge-tokyo";
  const isLong = Number(features.execution_time_estimate) > 60 || features.stateful === true;
  if (!isNear && isLong) return "fargate";
  return cheapest ?? "";
}

/** In whole picodollars, as all prices of runs are. */
function usdByHand(backend: string, runMs: number): number {
  return Math.round(listPrice(backend, runMs) * 1e12) / 1e12;
}

function listPrice(backend: string, runMs: number): number {
  if (backend === "lambda") return 2e-7 + (Math.max(1, runMs) / 1_000) * 1.66667e-5;
  if (backend === "edge-tokyo") return (runMs / 3_600_000) * 0.09;
  const seconds = Math.max(60, Math.ceil(runMs / 1_000 + 30));
  return seconds * (0.5 * 1.1244e-5 + 1.235e-6);
}

function quantileByHand(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const lossOf = ({ usd, ms }: Plain): number => usd[1] - usd[0] + ((ms[1] - ms[0]) / 1_000) * 0.0001;

let yard: Yard;
let instances: readonly Instance[];

beforeAll(async () => {
  yard = historyYard();
  instances = await storeHistory(yard.store, count, { fromMs: start, everyMs });
});

describe("the figures of rules tried on 100,000 stored instances", () => {
  let plain: readonly Plain[];
  let answered: WhatIfView;

  beforeAll(async () => {
    plain = instances.flatMap((instance) => byHand(instance) ?? []);
    const before = performance.now();
    answered = (await tryRules(yard, { rules: tried, since: "2026-11-01T00:00:00Z" })).body;
    const seconds = (performance.now() - before) / 1_000;
    process.stdout.write(`${count} stored instances answered in ${seconds.toFixed(2)} s\n`);
  });

  it("are those of a count by hand", () => {
    const moved = plain.filter(({ from, to }) => from !== to);
    expect(answered).toMatchObject({ scanned: count, instances: plain.length });
    expect(answered.truncated).toBeUndefined();
    expect(answered.skipped).toEqual([
      { reason: "cut_short", count: count - plain.length, meaning: expect.any(String) },
    ]);
    expect(answered.moved).toBe(moved.length);
    for (const { from, to, count: pair, usdDelta } of answered.movedByPair) {
      const same = moved.filter((each) => each.from === from && each.to === to);
      expect(pair).toBe(same.length);
      expect(usdDelta).toBeCloseTo(sum(same.map(({ usd }) => usd[1] - usd[0])), 9);
    }
    expect(sum(answered.movedByPair.map((pair) => pair.count))).toBe(moved.length);
  });

  it("are the sums and quantiles of a computation by hand", () => {
    expect(answered.usd.before).toBeCloseTo(sum(plain.map(({ usd }) => usd[0])), 9);
    expect(answered.usd.after).toBeCloseTo(sum(plain.map(({ usd }) => usd[1])), 9);
    expect(answered.predictedTimeouts.before).toBe(sum(plain.map(({ timeouts }) => timeouts[0])));
    const after = sum(plain.map(({ timeouts }) => timeouts[1]));
    expect(answered.predictedTimeouts.after).toBeCloseTo(after, 9);
    const [before, later] = [plain.map(({ ms }) => ms[0]), plain.map(({ ms }) => ms[1])];
    for (const [name, q] of [["p50", 0.5] as const, ["p95", 0.95] as const]) {
      expect(answered.latencyMs?.[name].before).toBe(quantileByHand(before, q));
      expect(answered.latencyMs?.[name].after).toBe(quantileByHand(later, q));
    }
  });

  it("are the same by task", () => {
    for (const { task, instances: of, moved, usdDelta, latencyMsDeltaMean } of answered.byTask) {
      const same = plain.filter(({ instance }) => instance.task === task);
      expect(of).toBe(same.length);
      expect(moved).toBe(same.filter(({ from, to }) => from !== to).length);
      expect(usdDelta).toBeCloseTo(sum(same.map(({ usd }) => usd[1] - usd[0])), 9);
      const slower = sum(same.map(({ ms }) => ms[1] - ms[0])) / same.length;
      expect(latencyMsDeltaMean).toBeCloseTo(slower, 6);
    }
    expect(answered.byTask).toHaveLength(3);
  });

  it("include the twenty that would lose most, those that would time out before the others", () => {
    const worst = plain
      .filter(({ from, to }) => from !== to)
      .toSorted(
        (a, b) =>
          b.timeouts[1] - b.timeouts[0] - (a.timeouts[1] - a.timeouts[0]) || lossOf(b) - lossOf(a),
      )
      .slice(0, 20);
    expect(answered.worst.map(({ instanceId }) => instanceId)).toEqual(
      worst.map(({ instance }) => instance.id),
    );
    const [first] = answered.worst;
    expect(first?.usd.delta).toBeCloseTo((worst[0]?.usd[1] ?? 0) - (worst[0]?.usd[0] ?? 0), 12);
    expect(first?.reason).not.toBe("");
  });
});

describe("rules that are tried", () => {
  it("take a policy instead of their own", async () => {
    const quick = await tryRules(yard, {
      rules: tried,
      policy: { name: "latency-first" },
      since: "2026-11-12T00:00:00Z",
    });
    expect(quick.body.policy).toEqual({ name: "latency-first" });
    const slow = await tryRules(yard, { rules: tried, since: "2026-11-12T00:00:00Z" });
    expect(quick.body.instances).toBe(slow.body.instances);
    expect(quick.body.latencyMs.p50.after).toBeLessThan(slow.body.latencyMs.p50.after);
    expect(quick.body.usd.after).toBeGreaterThan(slow.body.usd.after);
  });

  it("read no more than they are told to, newest first, and say so", async () => {
    const { body } = await tryRules(yard, { rules: tried, since: isoAt(0), limit: 250 });
    expect(body.scanned).toBe(250);
    expect(body.truncated).toEqual({ by: "instances", coveredSince: isoAt(count - 250) });
    const exact = await tryRules(yard, { rules: tried, since: isoAt(count - 250), limit: 250 });
    expect(exact.body.truncated).toBeUndefined();
  });

  it("read only the period and the task that are asked for", async () => {
    const period = { since: isoAt(100), until: isoAt(400) };
    const all = await tryRules(yard, { rules: tried, ...period });
    expect(all.body.scanned).toBe(300);
    const mail = await tryRules(yard, { rules: tried, ...period, task: "mail" });
    const wanted = instances.slice(100, 400).filter(({ task }) => task === "mail");
    expect(mail.body.scanned).toBe(wanted.length);
  });

  it("change nothing", async () => {
    const small = historyYard();
    await storeHistory(small.store, 50, { fromMs: start, everyMs });
    const before = contents(small);
    await tryRules(small, { rules: tried, since: isoAt(0) });
    expect(contents(small)).toBe(before);
  });

  it("see nothing of other tenants", async () => {
    const reply = await yard.call("POST", "/v1/rules/what-if", {
      body: { rules: tried, since: isoAt(0) },
      as: stranger,
    });
    expect(reply.body).toMatchObject({ scanned: 0, instances: 0, moved: 0 });
  });
});

describe("rules that cannot be tried", () => {
  it("are refused with the place of the mistake", async () => {
    const rules = [{ name: "odd", when: "execution_time_estimat > 3s", type: "edge" }];
    const reply = await tryRules(historyYard(), { rules: { rules }, since: isoAt(0) });
    expect(expectProblem(reply, 400, "invalid_rule").detail).toContain(
      "rule odd, line 1, column 1",
    );
  });

  it("are refused when there is no such version or task", async () => {
    const yard = historyYard();
    const version = await tryRules(yard, { rules: { version: 99 }, since: isoAt(0) });
    expectProblem(version, 404, "rules_version_not_found");
    const task = await tryRules(yard, { rules: tried, since: isoAt(0), task: "nothing" });
    expectProblem(task, 404, "task_not_found");
  });
});

function historyYard(): Yard {
  const yard = openYard({ routing: fixedRouting(historyBackends) });
  yard.now = start + count * everyMs;
  return yard;
}

function isoAt(number: number): string {
  return new Date(start + number * everyMs).toISOString();
}

function tryRules(yard: Yard, body: object): Promise<Reply> {
  return yard.call("POST", "/v1/rules/what-if", { body, as: admin });
}
