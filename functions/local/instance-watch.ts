import { keys } from "../../shared/contract/keys.ts";
import type { FeedChange } from "../../shared/ports/store.ts";

/** Tells those who wait for an instance that it was written; costs nothing while nobody waits. */
export class InstanceWatch {
  readonly #listeners = new Map<string, Set<() => void>>();

  /** Calls `listener` after each durable write of the instance, until the returned function is called. */
  onChange(tenant: string, instanceId: string, listener: () => void): () => void {
    const { pk } = keys.instance(tenant, instanceId);
    let set = this.#listeners.get(pk);
    if (set === undefined) {
      set = new Set();
      this.#listeners.set(pk, set);
    }
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0) this.#listeners.delete(pk);
    };
  }

  notify(changes: readonly FeedChange[]): void {
    if (this.#listeners.size === 0) return;
    for (const { key, type } of changes) {
      if (type !== "instance") continue;
      for (const listener of this.#listeners.get(key.pk) ?? []) listener();
    }
  }
}
