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
