const failuresTolerated = 5;
const firstPauseMs = 30_000;
const pauseMsMax = 10 * 60_000;

/** How a receiver has answered lately; one that is not here has no failure behind it. */
interface Failing {
  readonly failures: number;
  readonly pausedUntilMs: number;
}

/**
 * Spares receivers that fail again and again, and those who would wait for them: after some failures
 * in a row one is left alone for a while, then one message finds out whether it is back. Kept in
 * memory only: what is forgotten costs a few tries in vain.
 */
export class ReceiverBreaker {
  readonly #failing = new Map<string, Failing>();

  /** Until when nothing is to be sent; undefined when it may be now. Whoever is let through must note. */
  pausedUntilMs(receiver: string, nowMs: number): number | undefined {
    const failing = this.#failing.get(receiver);
    if (failing === undefined || failing.failures < failuresTolerated) return undefined;
    if (nowMs < failing.pausedUntilMs) return failing.pausedUntilMs;
    // The one who asks goes and sees; the others wait for what comes of it.
    this.#failing.set(receiver, { ...failing, pausedUntilMs: nowMs + pauseMsOf(failing.failures) });
    return undefined;
  }

  note(receiver: string, isWell: boolean, nowMs: number): void {
    if (isWell) {
      this.#failing.delete(receiver);
      return;
    }
    const failures = (this.#failing.get(receiver)?.failures ?? 0) + 1;
    this.#failing.set(receiver, { failures, pausedUntilMs: nowMs + pauseMsOf(failures) });
  }
}

function pauseMsOf(failures: number): number {
  return Math.min(firstPauseMs * 2 ** Math.max(0, failures - failuresTolerated), pauseMsMax);
}
