import type { AttemptRun } from "./attempt-run.ts";
import type { Channel } from "./channel.ts";

const streamEveryMs = 50;

/**
 * Tells the executor what attempts print while they still run, so that it is known even when the
 * process dies. An attempt that is alone is written through at once, because its last line before
 * a crash is the one that matters; among many, writing waits a moment and is shared.
 */
export function openLogStream(channel: Channel, isAlone: () => boolean) {
  const changed = new Set<AttemptRun>();
  let planned = false;
  let tailSentAtMs = 0;

  function send(run: AttemptRun): void {
    const log = run.ended ? undefined : run.log.take();
    if (log !== undefined) channel.send({ kind: "log", seq: run.seq, log });
  }

  function sendChanged(): void {
    planned = false;
    for (const run of changed) send(run);
    changed.clear();
    channel.flush();
  }

  return {
    noteOutput(run: AttemptRun): void {
      // Tails are sent whole each time, so that a flood is passed on only every now and then.
      const nowMs = performance.now();
      const mayWrite = !run.log.overflows || nowMs - tailSentAtMs > streamEveryMs;
      if (isAlone() && mayWrite) {
        if (run.log.overflows) tailSentAtMs = nowMs;
        send(run);
        channel.flush();
        return;
      }
      changed.add(run);
      if (planned) return;
      planned = true;
      setTimeout(sendChanged, streamEveryMs);
    },
    /** Queues everything not yet told; the process is about to end. */
    sendAll(runs: Iterable<AttemptRun>): void {
      for (const run of runs) send(run);
    },
  };
}
