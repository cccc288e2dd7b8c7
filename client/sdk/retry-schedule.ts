/** How long and how often the client tries again by itself. */
export interface RetryOptions {
  /** Tries in all, the first included; 1 turns retries off. */
  readonly attemptsMax: number;
  /** No further try starts later than this after the first one. */
  readonly totalMsMax: number;
  /** The first back-off is drawn between 0 and this; it doubles with each try. */
  readonly delayMsBase: number;
  readonly delayMsMax: number;
}

export const retryDefaults: RetryOptions = {
  attemptsMax: 8,
  totalMsMax: 60_000,
  delayMsBase: 100,
  delayMsMax: 10_000,
};

export interface FailedTry {
  /** Tries made so far, this one included. */
  readonly tries: number;
  readonly elapsedMs: number;
  /** What the server asked for, if it did. */
  readonly retryAfterMs: number | undefined;
}

/**
 * The delay before the next try, or undefined when there must be none. Full jitter, so that clients
 * that failed together do not come back together; what the server asks for is waited in any case,
 * with the jitter on top of it.
 */
export function nextDelayMs(
  options: RetryOptions,
  failed: FailedTry,
  random: number,
): number | undefined {
  if (failed.tries >= options.attemptsMax) return undefined;
  const ceilingMs = Math.min(
    options.delayMsMax,
    options.delayMsBase * 2 ** Math.min(failed.tries - 1, 30),
  );
  const delayMs = Math.ceil((failed.retryAfterMs ?? 0) + ceilingMs * random);
  return failed.elapsedMs + delayMs > options.totalMsMax ? undefined : delayMs;
}
