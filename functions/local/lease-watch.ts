import { type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import type { Hints } from "../../shared/ports/hints.ts";
import type { FeedChange } from "../../shared/ports/store.ts";

/**
 * Sees to it that a lease which lapses is noticed at once. Leases are shorter than the minute between
 * two looks at the wakes, and the hints of this process cost nothing; where they are lost, the next
 * look at the wakes finds what they were about.
 */
export class LeaseWatch {
  readonly #hints: Hints;
  /** By instance: the wake for which a hint is under way. */
  readonly #hinted = new Map<string, number>();

  constructor(hints: Hints) {
    this.#hints = hints;
  }

  /** To be called after durable writes. */
  notify(changes: readonly FeedChange[]): void {
    for (const { type, record } of changes) {
      if (type === "instance" && record !== undefined) {
        this.#look(record.body as unknown as Instance);
      }
    }
  }

  #look(instance: Instance): void {
    const { id: instanceId, tenant, priority, state, wakeAtMs } = instance;
    const isLeased = state === "running" && liveAttempt(instance)?.leaseSeconds !== undefined;
    if (!isLeased || wakeAtMs === undefined) {
      this.#hinted.delete(instanceId);
      return;
    }
    if (this.#hinted.get(instanceId) === wakeAtMs) return;
    this.#hinted.set(instanceId, wakeAtMs);
    void this.#hints.send([{ tenant, instanceId, priority, notBeforeMs: wakeAtMs }]);
  }
}
