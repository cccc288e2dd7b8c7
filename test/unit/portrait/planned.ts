import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";
import type { FireRules } from "../../../shared/schedule/fires.ts";
import { collectFires, type Stretch } from "../../../shared/schedule/portrait/collect-fires.ts";
import type { Drawing } from "../../../shared/schedule/portrait/demand.ts";
import type {
  Capacity,
  ExpectedRun,
  Plan,
  PlannedSchedule,
} from "../../../shared/schedule/portrait/plan.ts";

/** A Friday. */
export const fromMs = Date.parse("2026-11-20T09:00:00.000Z");
export const day: Stretch = { fromMs, seconds: 86_400 };

export interface Sketch extends Partial<Omit<PlannedSchedule, "run" | "rules">> {
  readonly when: string;
  readonly run?: Partial<ExpectedRun>;
  readonly rules?: Partial<FireRules>;
}

export function planned(name: string, { when, run, rules, ...rest }: Sketch): PlannedSchedule {
  const expression = parseExpression(when);
  if (isExpressionError(expression)) throw new Error(expression.message);
  return {
    name,
    revision: 1,
    task: "hello",
    sinceMs: 0,
    overlaps: true,
    takes: [],
    ...rest,
    rules: {
      expression,
      timezone: "UTC",
      anchorMs: 0,
      onClosedDay: "skip",
      jitterSeconds: 0,
      jitterSeed: `acme/${name}`,
      ...rules,
    },
    run: { p50Seconds: 10, p90Seconds: 30, usd: 0.001, basis: "history", ...run },
  };
}

/** So many of the same, but for their names. */
export function many(count: number, sketch: Sketch): readonly PlannedSchedule[] {
  return Array.from({ length: count }, (_, place) => planned(`s-${place}`, sketch));
}

export function slots(name: string, max: number): Capacity {
  return { name, bound: { kind: "slots", max }, basis: "configured" };
}

export function planOf(
  schedules: readonly PlannedSchedule[],
  capacities: readonly Capacity[] = [],
): Plan {
  return { schedules, capacities };
}

export function drawingOf(plan: Plan, stretch: Stretch = day, firesMax?: number): Drawing {
  return { ...plan, stretch, fires: collectFires(plan.schedules, stretch, firesMax) };
}
