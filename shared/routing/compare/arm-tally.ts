import type { Instance } from "../../instance/instance.ts";
import { isTerminal } from "../../instance/moves.ts";
import type { ExperimentArm } from "../receipt.ts";
import { type PriceFacts, usdWhereItRan } from "../run-price.ts";
import type { ArmFigures } from "./compare-arms.ts";
import { MomentsTally } from "./intervals.ts";
import { ExactQuantiles } from "./quantiles.ts";

/** What became of one instance, all its attempts together. */
export interface InstanceOutcome {
  readonly failed: boolean;
  readonly usd: number;
  readonly latencyMs: number;
}

/** Adds up the instances of one arm of an experiment. */
export class ArmTally {
  readonly #usd = new MomentsTally();
  readonly #latencyMs = new MomentsTally();
  readonly #latencies = new ExactQuantiles();
  #failures = 0;

  add({ failed, usd, latencyMs }: InstanceOutcome): void {
    if (failed) this.#failures += 1;
    this.#usd.add(usd);
    this.#latencyMs.add(latencyMs);
    this.#latencies.add(latencyMs);
  }

  figures(): ArmFigures {
    return {
      count: this.#latencies.count,
      failures: this.#failures,
      usd: this.#usd.moments(),
      latencyMs: this.#latencyMs.moments(),
    };
  }

  /** Exact; undefined of no instances. */
  latencyMsQuantile(q: number): number | undefined {
    return this.#latencies.quantile(q);
  }
}

/** The arm that an instance is in; undefined when no experiment concerned it. */
export function armOf({ attempts }: Instance): ExperimentArm | undefined {
  return attempts.findLast(({ receipt }) => receipt?.experiment !== undefined)?.receipt?.experiment;
}

/**
 * What became of an instance: undefined while it is open, and of one that somebody cancelled, which
 * says nothing about where it ran.
 */
export function outcomeOf(instance: Instance, facts: PriceFacts): InstanceOutcome | undefined {
  const { state, finishedAtMs, dueAtMs, attempts } = instance;
  if (!isTerminal(state) || state === "cancelled" || finishedAtMs === undefined) return undefined;
  let usd = 0;
  for (const attempt of attempts) usd += usdWhereItRan(attempt, facts) ?? 0;
  return { failed: state !== "succeeded", usd, latencyMs: Math.max(0, finishedAtMs - dueAtMs) };
}
