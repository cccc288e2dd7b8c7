import type { Attempt } from "./instance.ts";

/**
 * How long an attempt's code ran, as measured by whoever ran it, else from its start to its end;
 * undefined for one that never began or has not ended.
 */
export function runMsOf({
  startedAtMs,
  finishedAtMs,
  usage,
}: Pick<Attempt, "startedAtMs" | "finishedAtMs" | "usage">): number | undefined {
  if (startedAtMs === undefined || finishedAtMs === undefined) return undefined;
  return Math.max(0, usage?.durationMs ?? finishedAtMs - startedAtMs);
}
