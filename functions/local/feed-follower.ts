import { TransientError } from "../../shared/core/errors.ts";
import type { Log } from "../../shared/ports/log.ts";
import { type ObserverDeps, observeChanges, observedPosition } from "../observe/observe-changes.ts";

const source = "local";
const batchMax = 2_000;

export interface FeedFollower {
  /** To be called when something was written. */
  wake(): void;
  close(): Promise<void>;
}

export interface FeedFollowerDeps extends ObserverDeps {
  /** Called with the position that every consumer has passed. */
  readonly passed: (position: string) => Promise<void>;
  /** How long to gather changes before a batch; also the retry delay after a fault. */
  readonly gatherMs: number;
}

/** Follows the store's change feed from its checkpoint, one batch at a time, when woken. */
export async function followFeed(deps: FeedFollowerDeps): Promise<FeedFollower> {
  let position = await observedPosition(deps.store, source);
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let wokenWhileRunning = false;
  let closed = false;

  const drain = async (): Promise<void> => {
    for (;;) {
      const page = await deps.store.changes(position, batchMax);
      if (page.changes.length === 0) return;
      const ownOnly = page.changes.every(({ type }) => type !== "instance");
      // The observer's own writes come by here too; they move the position without a new write.
      if (!ownOnly) await observeChanges(deps, source, page.changes);
      position = page.next;
      await deps.passed(await observedPosition(deps.store, source));
    }
  };
  const run = (): void => {
    timer = undefined;
    running = drain()
      .catch((error: unknown) => {
        logFault(deps.log, error);
        if (!closed) timer ??= setTimeout(run, deps.gatherMs);
      })
      .finally(() => {
        running = undefined;
        if (wokenWhileRunning) wake();
      });
  };
  const wake = (): void => {
    wokenWhileRunning = running !== undefined;
    if (closed || timer !== undefined || running !== undefined) return;
    timer = setTimeout(run, deps.gatherMs);
  };
  return {
    wake,
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function logFault(log: Log, error: unknown): void {
  const cause = error instanceof Error ? error.message : String(error);
  if (error instanceof TransientError) log.info("feed batch will be read again", { cause });
  else log.error("feed batch failed; it will be read again", { cause });
}
