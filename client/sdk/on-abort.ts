const listening = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when the signal is aborted, until the returned function is called. However many listen
 * to one signal, it has a single listener: thousands of calls may share one without a warning.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = listening.get(signal);
  if (callbacks === undefined) {
    const all = new Set<() => void>();
    callbacks = all;
    listening.set(signal, all);
    signal.addEventListener(
      "abort",
      () => {
        for (const each of all) each();
      },
      { once: true },
    );
  }
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}
