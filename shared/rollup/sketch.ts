/**
 * A quantile sketch with bounded relative error: counts per logarithmic bucket. Merging is adding,
 * so any order and grouping of the same values gives the same sketch.
 */
export type Sketch = Readonly<Record<string, number>>;

/** Buckets grow by 4 %, so a quantile is off by at most about 2 %. */
const growth = 1.04;
const logGrowth = Math.log(growth);
const bucketMax = 1_000;

export function bucketOf(value: number): string {
  if (!(value > 1)) return "0";
  return String(Math.min(bucketMax, Math.ceil(Math.log(value) / logGrowth)));
}

/** Counts a value in a sketch that nobody else holds yet. */
export function countInSketch(sketch: Record<string, number>, value: number): void {
  const bucket = bucketOf(value);
  sketch[bucket] = (sketch[bucket] ?? 0) + 1;
}

export function mergeSketches(left: Sketch, right: Sketch): Sketch {
  const merged: Record<string, number> = { ...left };
  for (const [bucket, count] of Object.entries(right)) {
    merged[bucket] = (merged[bucket] ?? 0) + count;
  }
  return merged;
}

/** The value below which the fraction `q` of the values lies; undefined for an empty sketch. */
export function quantileOf(sketch: Sketch, q: number): number | undefined {
  const buckets = Object.entries(sketch)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .sort((left, right) => left.bucket - right.bucket);
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let left = Math.max(1, Math.ceil(q * total));
  for (const { bucket, count } of buckets) {
    left -= count;
    if (left <= 0) return bucket === 0 ? 1 : growth ** (bucket - 0.5);
  }
  return undefined;
}
