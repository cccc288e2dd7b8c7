/** Hears when something is put in a pool's line; for hosts where one process sees every write. */
export interface PoolLines {
  /** From now on: `one` hears a ring that nobody before it in the queue took, `all` hears every ring. */
  listen(tenant: string, pool: string, hears: "one" | "all"): LineListener;
  /** True when the host shuts down: nobody is to wait any more. */
  isClosed(): boolean;
}

export interface LineListener {
  /** Resolves at the next ring; at once when there was one since this resolved last. */
  rung(): Promise<void>;
  /** `unanswered` gives the last ring heard to the next in the queue. */
  leave(unanswered: boolean): void;
}
