import { onAbort } from "./on-abort.ts";

/** Time and chance, as the client uses them; tests pass their own. */
export interface ClientClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Resolves after the time; rejects with the signal's reason when it is aborted before. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClientClock: ClientClock = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  sleep: (delayMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const timer = setTimeout(() => {
        forget?.();
        resolve();
      }, delayMs);
      const forget =
        signal === undefined
          ? undefined
          : onAbort(signal, () => {
              clearTimeout(timer);
              reject(signal.reason);
            });
    }),
};
