import type { Rollup } from "../rollup/rollup.ts";
import { quantileOf } from "../rollup/sketch.ts";

const hourMs = 3_600_000;

/**
 * In how many of the hours from `fromMs` to `untilMs` anything ran, by hourly rollups. Those count an
 * attempt in the hour in which it ended; the whole hours that the longest of them ran before are
 * busy as well. Attempts that have not ended are not in them.
 */
export function busyHours(rollups: readonly Rollup[], fromMs: number, untilMs: number): number {
  const busy = new Set<number>();
  for (const { bucket, attempts, runMs } of rollups) {
    if (attempts === 0) continue;
    const endedMs = Date.parse(`${bucket.slice(2)}:00:00Z`);
    const hoursBefore = Math.floor((quantileOf(runMs, 1) ?? 0) / hourMs);
    const firstMs = Math.max(fromMs, endedMs - hoursBefore * hourMs);
    for (let atMs = firstMs; atMs <= endedMs && atMs < untilMs; atMs += hourMs) busy.add(atMs);
  }
  return busy.size;
}
