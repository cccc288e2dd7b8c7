import { type Interval, type Moments, newcombeInterval, welchInterval } from "./intervals.ts";

/** What became of the instances of one arm of an experiment. */
export interface ArmFigures {
  readonly count: number;
  readonly failures: number;
  /** Per instance, all its attempts together. */
  readonly usd: Moments;
  /** From when it was due to its end. */
  readonly latencyMs: Moments;
}

/** By how much the candidate differs from the control: what is above zero is more. */
export interface ArmsComparison {
  readonly confidence: number;
  /** Undefined with fewer than two instances of either arm. */
  readonly usd: Interval | undefined;
  readonly latencyMs: Interval | undefined;
  readonly failureRate: Interval;
  /** Too few to say anything: nothing is advised then. */
  readonly enough: boolean;
  /** In words. */
  readonly verdict: string;
  /** True when the candidate is significantly worse, and not merely a trade of money for time. */
  readonly stopAdvised: boolean;
}

export interface ComparisonRules {
  /** Of every interval. */
  readonly confidence: number;
  /** Instances that each arm must have before anything is advised. */
  readonly armMin: number;
}

export const usualComparison: ComparisonRules = { confidence: 0.95, armMin: 30 };

/**
 * Compares the arms of an experiment. Costs and latencies by Welch's method, failures by Newcombe's.
 * Stopping is advised when the candidate fails more, or is dearer without being faster, or slower
 * without being cheaper. Pure.
 */
export function compareArms(
  control: ArmFigures,
  candidate: ArmFigures,
  rules: ComparisonRules = usualComparison,
): ArmsComparison {
  const { confidence, armMin } = rules;
  const usd = welchInterval(control.usd, candidate.usd, confidence);
  const latencyMs = welchInterval(control.latencyMs, candidate.latencyMs, confidence);
  const failureRate = newcombeInterval(
    { hits: control.failures, count: control.count },
    { hits: candidate.failures, count: candidate.count },
    confidence,
  );
  const enough = Math.min(control.count, candidate.count) >= armMin;
  const [cost, speed, failing] = [signOf(usd), signOf(latencyMs), signOf(failureRate)];
  const worse = failing > 0 || (cost > 0 && speed >= 0) || (speed > 0 && cost >= 0);
  return {
    confidence,
    usd,
    latencyMs,
    failureRate,
    enough,
    verdict: enough
      ? verdictOf(control, { usd, latencyMs, failureRate, confidence })
      : `too few instances to say: ${control.count} of the control, ${candidate.count} of the candidate, ${armMin} of each are needed`,
    stopAdvised: enough && worse,
  };
}

/** 1 when the difference is surely above zero, −1 when surely below, else 0. */
function signOf(interval: Interval | undefined): -1 | 0 | 1 {
  if (interval === undefined) return 0;
  if (interval.low > 0) return 1;
  return interval.high < 0 ? -1 : 0;
}

function verdictOf(
  control: ArmFigures,
  found: Pick<ArmsComparison, "usd" | "latencyMs" | "failureRate" | "confidence">,
): string {
  const ci = `${shortNumber(found.confidence * 100)} % CI`;
  const cost = relativeText(found.usd, control.usd.mean, ["cheaper", "dearer"], ci);
  const speed = relativeText(found.latencyMs, control.latencyMs.mean, ["faster", "slower"], ci);
  return [
    `candidate is ${cost ?? "no different in cost"}`,
    speed ?? "speed no different",
    failuresText(found.failureRate, ci),
  ].join(", ");
}

/** `cheaper by 12 % (95 % CI 8–16 %)`; undefined where nothing can be told apart. */
function relativeText(
  interval: Interval | undefined,
  base: number,
  [less, more]: readonly [string, string],
  ci: string,
): string | undefined {
  const sign = signOf(interval);
  if (interval === undefined || sign === 0) return undefined;
  const word = sign < 0 ? less : more;
  // What the control got for nothing cannot be a percentage of anything.
  if (base <= 0) return word;
  const percents = [interval.estimate, interval.low, interval.high].map((value) =>
    Math.abs((value / base) * 100),
  );
  const [estimate = 0, ...ends] = percents;
  const [from = 0, to = 0] = ends.toSorted((left, right) => left - right);
  return `${word} by ${shortNumber(estimate)} % (${ci} ${shortNumber(from)}–${shortNumber(to)} %)`;
}

function failuresText(failureRate: Interval, ci: string): string {
  const sign = signOf(failureRate);
  if (sign === 0) return "failures no different";
  const points = [failureRate.estimate, failureRate.low, failureRate.high].map((value) =>
    Math.abs(value * 100),
  );
  const [estimate = 0, ...ends] = points;
  const [from = 0, to = 0] = ends.toSorted((left, right) => left - right);
  const word = sign > 0 ? "more" : "fewer";
  return `${word} failures by ${shortNumber(estimate)} points (${ci} ${shortNumber(from)}–${shortNumber(to)})`;
}

/** Two digits that matter below ten, whole numbers above. */
function shortNumber(value: number): string {
  return String(
    Number(value >= 10 ? value.toFixed(value % 1 === 0 ? 0 : 1) : value.toPrecision(2)),
  );
}
