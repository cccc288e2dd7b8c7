import { durationText } from "../core/duration-text.ts";
import { mergeSketches, quantileOf } from "../rollup/sketch.ts";
import type { TaskProfile } from "../routing/profile.ts";
import { type FireRules, firesBetween, nextFire } from "./fires.ts";
import { dayMs } from "./local-time.ts";
import type { ScheduleSpec } from "./schedule.ts";

/** Slots that are looked at to see how close they come. */
const slotsCompared = 50;

/** What a schedule says that may not be meant so; it is taken all the same. */
export function scheduleWarnings(
  spec: ScheduleSpec,
  rules: FireRules,
  profile: TaskProfile | undefined,
  nowMs: number,
): readonly string[] {
  const warnings: string[] = [];
  const intervalMs = shortestIntervalMs(rules, nowMs);
  const runMs = usualRunMs(profile);
  if (spec.overlap === "allow" && runMs !== undefined && intervalMs !== undefined) {
    if (runMs > intervalMs) {
      warnings.push(
        `its slots come ${durationText(intervalMs)} apart and the task usually runs ${durationText(runMs)}: with overlap "allow" instances pile up`,
      );
    }
  }
  if (spec.misfire.policy === "catch_up" && spec.overlap === "skip") {
    warnings.push(
      'with overlap "skip" missed slots that are caught up on are skipped while the first of them runs: overlap "allow" runs them all',
    );
  }
  if (intervalMs !== undefined && spec.jitterSeconds * 1_000 >= intervalMs) {
    warnings.push(
      `its jitter of ${spec.jitterSeconds} s is not less than the ${durationText(intervalMs)} between slots`,
    );
  }
  return warnings;
}

function shortestIntervalMs(rules: FireRules, nowMs: number): number | undefined {
  const first = nextFire(rules, nowMs);
  if (first === undefined) return undefined;
  const fires = firesBetween(
    rules,
    first.nominalMs - 1,
    first.nominalMs + 800 * dayMs,
    slotsCompared,
  );
  const gaps = fires.slice(1).map(({ dueMs }, index) => dueMs - (fires[index]?.dueMs ?? dueMs));
  return gaps.length === 0 ? undefined : Math.min(...gaps);
}

/** The median over all backends and sizes of input. */
function usualRunMs(profile: TaskProfile | undefined): number | undefined {
  if (profile === undefined) return undefined;
  const sketches = Object.values(profile.learned).flatMap((bySize) =>
    Object.values(bySize).map(({ runMs }) => runMs),
  );
  return quantileOf(sketches.reduce(mergeSketches, {}), 0.5);
}
