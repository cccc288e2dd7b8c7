import { limits } from "../core/limits.ts";
import { type RunPrices, usEast1RunPrices } from "../pricing/run-prices.ts";
import { defaultPolicy } from "../task/allocation-policy.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { type BeforeAfter, beforeAfter } from "./before-after.ts";
import { ExactQuantiles } from "./compare/quantiles.ts";
import { type BackendsByName, usdWhereItRan } from "./run-price.ts";
import { LargestLosses, type WhatIfExample } from "./what-if-examples.ts";
import { movedRun } from "./what-if-move.ts";
import type { SkipReason, WhatIfRow, WhatIfSource } from "./what-if-row.ts";

/** What other decisions would have made of the same instances. Estimates, never a bill. */
export interface WhatIfResult {
  /** Those that were compared. */
  readonly instances: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  readonly moved: number;
  /** Where they went and where they would have gone, most first. */
  readonly movedByPair: readonly {
    readonly from: string;
    readonly to: string;
    readonly count: number;
    readonly usdDelta: number;
  }[];
  readonly usd: BeforeAfter;
  /** From claim to end; absent when nothing was compared. */
  readonly latencyMs?: { readonly p50: BeforeAfter; readonly p95: BeforeAfter };
  /** Attempts that used up, or are expected to use up, their time. */
  readonly predictedTimeouts: BeforeAfter;
  /** The tasks with the most moved instances. */
  readonly byTask: readonly {
    readonly task: string;
    readonly instances: number;
    readonly moved: number;
    readonly usdDelta: number;
    readonly latencyMsDeltaMean: number;
  }[];
  /** Those that would have lost most, worst first. */
  readonly worst: readonly WhatIfExample[];
  /** Version of the price table. */
  readonly prices: string;
  readonly estimate: true;
}

/** What somebody else would have decided about a row, and why. */
export interface OtherDecision {
  /** Absent: nothing could have been chosen, so it is taken to have stayed where it was. */
  readonly backend?: string | undefined;
  readonly rule: string;
  readonly reason: string;
}

export interface WhatIfWorld {
  readonly backends: readonly BackendCapabilities[];
  readonly prices?: RunPrices;
  /** What a second is worth when losses are ranked; default: as the default policy has it. */
  readonly usdPerSecond?: number;
}

interface TaskSum {
  instances: number;
  moved: number;
  usdDelta: number;
  latencyMsDelta: number;
}

/**
 * Adds up what other decisions would have changed, one instance at a time. An instance that moves is
 * priced and timed by its actual run on the other backend, up to the time that it would have had there,
 * and by the wait that was predicted there.
 */
export class WhatIfTally {
  readonly #backends: BackendsByName;
  readonly #prices: RunPrices;
  readonly #skipped: Partial<Record<SkipReason, number>> = {};
  readonly #pairs = new Map<
    string,
    { from: string; to: string; count: number; usdDelta: number }
  >();
  readonly #tasks = new Map<string, TaskSum>();
  readonly #latencyBefore = new ExactQuantiles();
  readonly #latencyAfter = new ExactQuantiles();
  readonly #losses: LargestLosses;
  #moved = 0;
  #usdBefore = 0;
  #usdAfter = 0;
  #timeoutsBefore = 0;
  #timeoutsAfter = 0;

  constructor({ backends, prices = usEast1RunPrices, usdPerSecond }: WhatIfWorld) {
    this.#backends = new Map(backends.map((backend) => [backend.name, backend]));
    this.#prices = prices;
    this.#losses = new LargestLosses(limits.whatIfExamplesMax, usdPerSecond ?? usualUsdPerSecond);
  }

  skip(reason: SkipReason): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }

  add(row: WhatIfRow, decision: OtherDecision): void {
    const facts = { needs: row.needs, backends: this.#backends, prices: this.#prices };
    const usdBefore = usdWhereItRan(row.attempt, facts);
    if (usdBefore === undefined) {
      this.skip("no_price");
      return;
    }
    const to = decision.backend ?? row.backend;
    const moves = to !== row.backend;
    const msBefore = row.waitMs + row.runMs;
    const timeoutBefore = row.outcome === "timed_out" ? 1 : 0;
    const there = moves ? movedRun(row, to, facts) : undefined;
    const usdAfter = there?.usd ?? usdBefore;
    const msAfter = there?.ms ?? msBefore;
    const timeoutAfter = there?.timeouts ?? timeoutBefore;

    this.#usdBefore += usdBefore;
    this.#usdAfter += usdAfter;
    this.#latencyBefore.add(msBefore);
    this.#latencyAfter.add(msAfter);
    this.#timeoutsBefore += timeoutBefore;
    this.#timeoutsAfter += timeoutAfter;
    this.#countTask(row.task, moves, usdAfter - usdBefore, msAfter - msBefore);
    if (!moves) return;
    this.#countPair(row.backend, to, usdAfter - usdBefore);
    this.#losses.consider({
      instanceId: row.instanceId,
      task: row.task,
      from: row.backend,
      to,
      usd: beforeAfter(usdBefore, usdAfter),
      latencyMs: beforeAfter(msBefore, msAfter),
      timeouts: beforeAfter(timeoutBefore, timeoutAfter),
      rule: decision.rule,
      reason: decision.reason,
    });
  }

  finish(): WhatIfResult {
    const before = this.#latencyBefore;
    const after = this.#latencyAfter;
    const quantile = (q: number): BeforeAfter =>
      beforeAfter(before.quantile(q) ?? 0, after.quantile(q) ?? 0);
    return {
      instances: before.count,
      skipped: this.#skipped,
      moved: this.#moved,
      movedByPair: [...this.#pairs.values()].sort((left, right) => right.count - left.count),
      usd: beforeAfter(this.#usdBefore, this.#usdAfter),
      ...(before.count === 0 ? {} : { latencyMs: { p50: quantile(0.5), p95: quantile(0.95) } }),
      predictedTimeouts: beforeAfter(this.#timeoutsBefore, this.#timeoutsAfter),
      byTask: this.#topTasks(),
      worst: this.#losses.worstFirst(),
      prices: this.#prices.version,
      estimate: true,
    };
  }

  #countPair(from: string, to: string, usdDelta: number): void {
    this.#moved += 1;
    const name = `${from} ${to}`;
    const pair = this.#pairs.get(name) ?? { from, to, count: 0, usdDelta: 0 };
    pair.count += 1;
    pair.usdDelta += usdDelta;
    this.#pairs.set(name, pair);
  }

  #countTask(task: string, moves: boolean, usdDelta: number, latencyMsDelta: number): void {
    let sum = this.#tasks.get(task);
    if (sum === undefined) {
      sum = { instances: 0, moved: 0, usdDelta: 0, latencyMsDelta: 0 };
      this.#tasks.set(task, sum);
    }
    sum.instances += 1;
    if (moves) sum.moved += 1;
    sum.usdDelta += usdDelta;
    sum.latencyMsDelta += latencyMsDelta;
  }

  #topTasks(): WhatIfResult["byTask"] {
    return [...this.#tasks]
      .filter(([, { moved }]) => moved > 0)
      .sort(([, left], [, right]) => right.moved - left.moved)
      .slice(0, limits.whatIfExamplesMax)
      .map(([task, { instances, moved, usdDelta, latencyMsDelta }]) => ({
        task,
        instances,
        moved,
        usdDelta,
        latencyMsDeltaMean: latencyMsDelta / instances,
      }));
  }
}

/** Adds up many rows at once. */
export function whatIf(
  rows: Iterable<WhatIfSource>,
  decide: (row: WhatIfRow) => OtherDecision,
  world: WhatIfWorld,
): WhatIfResult {
  const tally = new WhatIfTally(world);
  for (const source of rows) {
    if ("skipped" in source) tally.skip(source.skipped);
    else tally.add(source.row, decide(source.row));
  }
  return tally.finish();
}

const usualUsdPerSecond = defaultPolicy.name === "balanced" ? defaultPolicy.usdPerSecond : 0;
