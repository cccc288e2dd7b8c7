import { limits } from "../../shared/core/limits.ts";
import { FairLine } from "../../shared/limit/fair-line.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Hint, Hints } from "../../shared/ports/hints.ts";
import { TimedHints } from "./timed-hints.ts";

export interface HintQueueDeps {
  readonly clock: Clock;
  /** Looks at the hinted instances; never rejects. */
  readonly look: (hints: readonly Hint[]) => Promise<void>;
  /** How many more attempts the executor takes right now. */
  readonly room: () => number;
}

const batchMax = 256;

/**
 * The local dispatch queue: hints wait in memory, where tenants and their lanes take turns, and are
 * looked at only while the executor has room, so that a long backlog costs one small entry per
 * instance and holds nobody else up.
 */
export class HintQueue implements Hints {
  readonly #deps: HintQueueDeps;
  readonly #ready = new FairLine<Hint>();
  readonly #queued = new Set<string>();
  readonly #timed: TimedHints<Hint>;
  #looking = 0;
  #scheduled = false;
  #closed = false;

  constructor(deps: HintQueueDeps) {
    this.#deps = deps;
    this.#timed = new TimedHints(deps.clock, (hints) => this.#enqueue(hints));
  }

  /** Hints beyond the timekeeper's horizon are left to it, which bounds the memory of timers. */
  send(hints: readonly Hint[]): Promise<void> {
    const nowMs = this.#deps.clock.now();
    const now: Hint[] = [];
    for (const hint of hints) {
      const { notBeforeMs } = hint;
      if (notBeforeMs === undefined || notBeforeMs <= nowMs) now.push(hint);
      else if (notBeforeMs - nowMs <= limits.timekeeperHorizonMs)
        this.#timed.add(notBeforeMs, hint);
    }
    this.#enqueue(now);
    return Promise.resolve();
  }

  /** To be called when the executor has room again. */
  pump(): void {
    if (this.#scheduled || this.#closed || this.#queued.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#lookAtNext();
    });
  }

  get waiting(): { readonly ready: number; readonly timed: number } {
    return { ready: this.#queued.size, timed: this.#timed.size };
  }

  close(): void {
    this.#closed = true;
    this.#timed.close();
  }

  #enqueue(hints: readonly Hint[]): void {
    const atMs = this.#deps.clock.now();
    for (const hint of hints) {
      if (this.#queued.has(hint.instanceId)) continue;
      this.#queued.add(hint.instanceId);
      const { tenant, lane = "", priority = limits.priorityDefault } = hint;
      this.#ready.push(hint, { tenant, lane, priority, atMs });
    }
    this.pump();
  }

  #lookAtNext(): void {
    const room = Math.min(batchMax, this.#deps.room() - this.#looking);
    if (room <= 0 || this.#closed) return;
    const batch = this.#take(room);
    if (batch.length === 0) return;
    this.#looking += batch.length;
    const looked = (): void => {
      this.#looking -= batch.length;
      this.pump();
    };
    this.#deps.look(batch).then(looked, looked);
    this.pump();
  }

  #take(count: number): Hint[] {
    const batch: Hint[] = [];
    while (batch.length < count) {
      const hint = this.#ready.shift();
      if (hint === undefined) break;
      this.#queued.delete(hint.instanceId);
      batch.push(hint);
    }
    return batch;
  }
}
