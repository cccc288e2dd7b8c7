import { normalPoint, studentPoint } from "./student-t.ts";

/** Mean and spread of some measurements. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Of the sample: divided by count − 1; 0 for fewer than two. */
  readonly variance: number;
}

/** Adds measurements up one at a time without losing digits (Welford). */
export class MomentsTally {
  #count = 0;
  #mean = 0;
  #squares = 0;

  add(value: number): void {
    this.#count += 1;
    const away = value - this.#mean;
    this.#mean += away / this.#count;
    this.#squares += away * (value - this.#mean);
  }

  moments(): Moments {
    const count = this.#count;
    return { count, mean: this.#mean, variance: count < 2 ? 0 : this.#squares / (count - 1) };
  }
}

/** How many of some things are of a kind. */
export interface Share {
  readonly hits: number;
  readonly count: number;
}

/** A difference, and where it lies with the confidence asked for. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * How much larger the mean of `candidate` is than that of `control`, by Welch's method: the two may
 * spread differently. Undefined with fewer than two measurements of either.
 */
export function welchInterval(
  control: Moments,
  candidate: Moments,
  confidence = 0.95,
): Interval | undefined {
  if (control.count < 2 || candidate.count < 2) return undefined;
  const estimate = candidate.mean - control.mean;
  const left = control.variance / control.count;
  const right = candidate.variance / candidate.count;
  const squaredError = left + right;
  if (squaredError === 0) return { estimate, low: estimate, high: estimate };
  const degrees =
    squaredError ** 2 / (left ** 2 / (control.count - 1) + right ** 2 / (candidate.count - 1));
  const reach = studentPoint(confidence, degrees) * Math.sqrt(squaredError);
  return { estimate, low: estimate - reach, high: estimate + reach };
}

/** Where a share lies, by Wilson's method, which holds for small counts and shares near 0 or 1. */
export function wilsonInterval({ hits, count }: Share, confidence = 0.95): Interval {
  const z = normalPoint(confidence);
  if (count === 0) return { estimate: 0, low: 0, high: 1 };
  const share = hits / count;
  const widened = 1 + z ** 2 / count;
  const centre = (share + z ** 2 / (2 * count)) / widened;
  const reach =
    (z / widened) * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  return {
    estimate: share,
    low: hits === 0 ? 0 : Math.max(0, centre - reach),
    high: hits === count ? 1 : Math.min(1, centre + reach),
  };
}

/** How much larger the candidate's share is, by Newcombe's method on Wilson's intervals. */
export function newcombeInterval(control: Share, candidate: Share, confidence = 0.95): Interval {
  const of = wilsonInterval(candidate, confidence);
  const than = wilsonInterval(control, confidence);
  const estimate = of.estimate - than.estimate;
  return {
    estimate,
    low: estimate - Math.hypot(of.estimate - of.low, than.high - than.estimate),
    high: estimate + Math.hypot(of.high - of.estimate, than.estimate - than.low),
  };
}
