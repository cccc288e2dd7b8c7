import type { ClientClock } from "../../client/sdk/client-clock.ts";

export interface QuickClock extends ClientClock {
  /** Every sleep that was asked for, in order. */
  readonly sleeps: readonly number[];
}

/** A clock whose sleeps take no time but move it on, so that back-offs can be looked at. */
export function openQuickClock(random = 0.5): QuickClock {
  const sleeps: number[] = [];
  let nowMs = 1_700_000_000_000;
  return {
    sleeps,
    nowMs: () => nowMs,
    random: () => random,
    sleep: (delayMs, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push(delayMs);
        const stop = (): void => reject(signal?.reason);
        if (signal?.aborted) stop();
        else signal?.addEventListener("abort", stop, { once: true });
        setImmediate(() => {
          signal?.removeEventListener("abort", stop);
          if (signal?.aborted !== true) nowMs += delayMs;
          resolve();
        });
      }),
  };
}
