import type { Rejection } from "../core/errors.ts";

const minuteMs = 60_000;

/** The minute whose submissions are counted together. */
export interface QuotaMinute {
  /** As 2026-11-20T09:05, in UTC. */
  readonly minute: string;
  readonly endsAtMs: number;
}

export function quotaMinute(atMs: number): QuotaMinute {
  const startMs = Math.floor(atMs / minuteMs) * minuteMs;
  return { minute: new Date(startMs).toISOString().slice(0, 16), endsAtMs: startMs + minuteMs };
}

/** How many more submissions a minute may take; whose bound it is decides the words. */
export interface QuotaBound {
  /** `group/<name>` or `tenant`. */
  readonly subject: string;
  readonly perMinute: number;
}

/** A submission beyond what a minute may take. */
export function overQuota(
  { subject, perMinute }: QuotaBound,
  used: number,
  endsAtMs: number,
  nowMs: number,
): Rejection {
  const whose = subject === "tenant" ? "the tenant" : `the group ${subject.slice(6)}`;
  const retryAfterMs = Math.max(1, endsAtMs - nowMs);
  return {
    code: "too_many_requests",
    detail:
      `${whose} may submit ${perMinute} instances a minute, and ${used} were submitted in this one; ` +
      `the next begins at ${new Date(endsAtMs).toISOString()}`,
    suggestion: `submit again in ${Math.ceil(retryAfterMs / 1_000)} s`,
    retryAfterMs,
  };
}
