/** How the canary's newest runs went. */
export interface CanaryHealth {
  readonly lastSuccessAtMs?: number;
  /** Since the last success, or since the oldest run that is known when there was none. */
  readonly ageMs?: number;
  /** From submission to success, of the runs that are known: half of them took no longer. */
  readonly p50Ms?: number;
  /** When each of the known successes was, newest first. */
  readonly successesAtMs: readonly number[];
}

/** What one look over everything has shown. */
export interface WatchSummary {
  readonly atMs: number;
  /** Expectations of schedules that do not hold. */
  readonly missedSlots: number;
  readonly openFindings: number;
  /** Of these, the ones about the system itself. */
  readonly openSystemFindings: number;
  readonly canary?: Omit<CanaryHealth, "successesAtMs">;
}
