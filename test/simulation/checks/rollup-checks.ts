import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import { attemptUsd } from "../../../shared/pricing/attempt-usd.ts";
import type { Rollup } from "../../../shared/rollup/rollup.ts";
import type { World } from "../world/world.ts";

/** What one task's rollups of one span must add up to, counted from the instances themselves. */
interface Totals {
  submitted: number;
  attempts: number;
  attemptsFailed: number;
  runMsSum: number;
  /** How many run times and waiting times the sketches hold. */
  runs: number;
  waits: number;
  usd: number;
  readonly finished: Record<string, number>;
}

/** Compares the stored rollups with a recount that shares no code with them. */
export function checkRollups(world: World, instances: Iterable<Instance>): void {
  const expected = new Map<string, Totals>();
  for (const instance of instances) {
    for (const span of ["m", "h"]) {
      recount(totalsOf(expected, `${instance.tenant} ${instance.task} ${span}`), instance);
    }
  }
  const stored = new Map<string, Totals>();
  for (const record of world.store.all()) {
    if (record.type !== "rollup") continue;
    const rollup = record.body as unknown as Rollup;
    const span = rollup.bucket.slice(0, 1);
    add(totalsOf(stored, `${rollup.tenant} ${rollup.task} ${span}`), rollup);
  }
  for (const name of new Set([...expected.keys(), ...stored.keys()])) {
    const [wanted, held] = [totalsOf(expected, name), totalsOf(stored, name)];
    const [want, have] = [textOf(wanted), textOf(held)];
    if (want !== have) {
      world.violate("rollups are exact", `${name}: stored ${have}, histories say ${want}`);
    }
    if (wanted.usd > 0) world.saw("attempt that costs something");
    // Sums are kept in whole millionths of a cent, each of which may be off by a half.
    if (held.usd < 0 || Math.abs(held.usd - wanted.usd) > 1e-8 * (1 + wanted.attempts)) {
      world.violate("I23 cost ledger", `${name}: charged $${held.usd}, runs cost $${wanted.usd}`);
    }
  }
}

function recount(totals: Totals, instance: Instance): void {
  totals.submitted += 1;
  for (const { to } of instance.history) {
    if (isTerminal(to)) totals.finished[to] = (totals.finished[to] ?? 0) + 1;
  }
  for (const attempt of instance.attempts) {
    const { outcome, startedAtMs, finishedAtMs, usage } = attempt;
    if (outcome === undefined) continue;
    totals.attempts += 1;
    totals.usd += attemptUsd(attempt);
    if (outcome !== "succeeded") totals.attemptsFailed += 1;
    if (startedAtMs === undefined || finishedAtMs === undefined) continue;
    totals.runs += 1;
    totals.waits += 1;
    totals.runMsSum += usage?.durationMs ?? finishedAtMs - startedAtMs;
  }
}

function add(totals: Totals, rollup: Rollup): void {
  totals.submitted += rollup.submitted;
  totals.attempts += rollup.attempts;
  totals.attemptsFailed += rollup.attemptsFailed;
  totals.runMsSum += rollup.runMsSum;
  totals.usd += rollup.usdSum;
  totals.runs += countOf(rollup.runMs);
  totals.waits += countOf(rollup.waitMs);
  for (const [state, count] of Object.entries(rollup.finished)) {
    totals.finished[state] = (totals.finished[state] ?? 0) + count;
  }
}

function countOf(sketch: Rollup["runMs"]): number {
  return Object.values(sketch).reduce((sum, count) => sum + count, 0);
}

function totalsOf(all: Map<string, Totals>, name: string): Totals {
  const known = all.get(name);
  if (known !== undefined) return known;
  const totals: Totals = {
    submitted: 0,
    attempts: 0,
    attemptsFailed: 0,
    runMsSum: 0,
    runs: 0,
    waits: 0,
    usd: 0,
    finished: {},
  };
  all.set(name, totals);
  return totals;
}

function textOf({ usd: _, ...totals }: Totals): string {
  const finished = Object.entries(totals.finished).sort(([left], [right]) =>
    left < right ? -1 : 1,
  );
  return JSON.stringify({ ...totals, finished });
}
