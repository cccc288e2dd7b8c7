import { limits } from "../../shared/core/limits.ts";

/** What a Retry-After header asks for, in seconds or as a date; undefined when it asks for nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return bounded(Number(text) * 1_000);
  if (!/^[A-Za-z]{3,9}, /.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : bounded(atMs - nowMs);
}

function bounded(delayMs: number): number {
  return Math.min(Math.max(0, delayMs), limits.webhookRetryDelayMsMax);
}
