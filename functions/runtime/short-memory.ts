import { limits } from "../../shared/core/limits.ts";
import type { Clock } from "../../shared/ports/clock.ts";

const rememberedMax = 2_000;

/** Remembers answers for `limits.routingFactsMs`, and forgets those that failed. */
export class ShortMemory<Value> {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly atMs: number; readonly value: Promise<Value> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  recall(name: string, read: () => Promise<Value>): Promise<Value> {
    const nowMs = this.#clock.now();
    const known = this.#known.get(name);
    if (known !== undefined && Math.abs(nowMs - known.atMs) < limits.routingFactsMs) {
      return known.value;
    }
    const value = read();
    // Last in line again, so that the first of the map is the one that was read longest ago.
    this.#known.delete(name);
    this.#known.set(name, { atMs: nowMs, value });
    value.catch(() => {
      if (this.#known.get(name)?.value === value) this.#known.delete(name);
    });
    if (this.#known.size > rememberedMax) this.#forgetOldest();
    return value;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
