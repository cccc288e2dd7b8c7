import type { RunTimes } from "../../routing/run-times.ts";
import type { FireRules } from "../fires.ts";

/** A schedule with what is expected of each of its instances. */
export interface PlannedSchedule {
  readonly name: string;
  /** Of the record that this was read from. */
  readonly revision: number;
  readonly task: string;
  readonly group?: string | undefined;
  /** Where its instances would go; absent where no backend takes them now. */
  readonly backend?: string | undefined;
  readonly rules: FireRules;
  /** Slots that are nominally not later than that are none. */
  readonly sinceMs: number;
  /** Whether an instance may begin while the one before it runs. */
  readonly overlaps: boolean;
  readonly run: ExpectedRun;
  /** Places of the capacities that each instance takes from. */
  readonly takes: readonly number[];
}

/** How long a run takes, in whole seconds, rounded up, and at least one; and what it costs. */
export interface ExpectedRun {
  readonly p50Seconds: number;
  readonly p90Seconds: number;
  readonly usd: number;
  /** What that rests on; "unknown" is a guess that nothing speaks for. */
  readonly basis: RunTimes["basis"];
}

/** So many runs at the same time, or so many starts in so much time. */
export interface Capacity {
  /** As gates are called, or `lambda`, or `pool/<name>`. */
  readonly name: string;
  readonly bound:
    | { readonly kind: "slots"; readonly max: number }
    | {
        readonly kind: "rate";
        readonly starts: number;
        readonly perSeconds: number;
        readonly burst: number;
      };
  /** Said by somebody, seen at the moment (workers come and go), or taken for granted. */
  readonly basis: "configured" | "present" | "assumed";
}

export interface Plan {
  readonly schedules: readonly PlannedSchedule[];
  readonly capacities: readonly Capacity[];
}

export const quantiles = ["p50", "p90"] as const;
export type Quantile = (typeof quantiles)[number];

export function runSeconds({ run }: PlannedSchedule, quantile: Quantile): number {
  return quantile === "p50" ? run.p50Seconds : run.p90Seconds;
}
