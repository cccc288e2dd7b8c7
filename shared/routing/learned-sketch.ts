import { bucketOf, type Sketch } from "../rollup/sketch.ts";

/*
 * Sketches of a profile are coarser than those of rollups, because every batch of changes rewrites
 * the profile, and their counts may be fractions, because they fade.
 */

/** Buckets of a rollup's sketch that make one here; a quantile is off by at most about 6 %. */
const step = 3;
const growth = 1.04;
/** What has faded below this is forgotten. */
const countMin = 0.2;

/** The sketch with one more value. */
export function withValue(sketch: Sketch, value: number): Sketch {
  const bucket = String(Math.ceil(Number(bucketOf(value)) / step) * step);
  return { ...sketch, [bucket]: rounded((sketch[bucket] ?? 0) + 1) };
}

/** All counts multiplied, so that newer values count for more. */
export function fadedSketch(sketch: Sketch, share: number): Sketch {
  const faded: Record<string, number> = {};
  for (const [bucket, count] of Object.entries(sketch)) {
    const left = rounded(count * share);
    if (left >= countMin) faded[bucket] = left;
  }
  return faded;
}

function rounded(count: number): number {
  return Math.round(count * 10) / 10;
}

/** What a sketch says, made ready for many questions. */
export interface Digest {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly spread: number;
  quantile(q: number): number;
  /** The share of values above this one, 0 to 1. */
  shareAbove(value: number): number;
}

const digests = new WeakMap<Sketch, Digest>();

/** Undefined for an empty sketch. Sketches never change, so each is digested once. */
export function digestOf(sketch: Sketch): Digest | undefined {
  const known = digests.get(sketch);
  if (known !== undefined) return known;
  const digest = digestOfAll([sketch]);
  if (digest !== undefined) digests.set(sketch, digest);
  return digest;
}

/** The digest of several sketches together; undefined when all of them are empty. */
export function digestOfAll(sketches: readonly Sketch[]): Digest | undefined {
  const byValue = new Map<number, number>();
  for (const sketch of sketches) {
    for (const [bucket, count] of Object.entries(sketch)) {
      const value = middleOf(Number(bucket));
      byValue.set(value, (byValue.get(value) ?? 0) + count);
    }
  }
  const values = [...byValue].sort(([left], [right]) => left - right);
  const count = values.reduce((sum, [, of]) => sum + of, 0);
  if (count === 0) return undefined;
  const mean = values.reduce((sum, [value, of]) => sum + value * of, 0) / count;
  const squares = values.reduce((sum, [value, of]) => sum + of * (value - mean) ** 2, 0);
  return {
    count,
    mean,
    spread: Math.sqrt(squares / count),
    quantile(q) {
      let left = q * count;
      for (const [value, of] of values) {
        left -= of;
        if (left <= 1e-9) return value;
      }
      return values.at(-1)?.[0] ?? 0;
    },
    shareAbove(limit) {
      let above = 0;
      for (const [value, of] of values) if (value > limit) above += of;
      return above / count;
    },
  };
}

/** The middle of a bucket, on its logarithmic scale. */
function middleOf(bucket: number): number {
  return bucket === 0 ? 1 : growth ** (bucket - step / 2);
}
