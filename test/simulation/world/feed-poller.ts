import { type ObserverDeps, observeChanges } from "../../../functions/observe/observe-changes.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import type { FeedChange } from "../../../shared/ports/store.ts";
import { hashText, type RandomStream } from "../engine/random-stream.ts";
import { FunctionHost } from "./function-host.ts";
import { type EventBus, eventsFor, logFor, type Surroundings } from "./ports.ts";
import { recordHintsFor } from "./record-hints.ts";
import type { World } from "./world.ts";

/** One sequence of the change feed, and how far its poller has come. */
interface Shard {
  readonly source: string;
  readonly changes: FeedChange[];
  next: number;
  polling: boolean;
}

/**
 * Follows the feed as Lambda follows a stream: each shard in order, a failed batch again until it
 * succeeds, perhaps cut differently, and now and then a batch that had succeeded already.
 */
export class FeedPoller {
  readonly #world: World;
  readonly #host: FunctionHost<ObserverDeps>;
  readonly #random: RandomStream;
  readonly #shards: readonly Shard[];

  constructor(around: Surroundings, bus: EventBus) {
    const { world } = around;
    this.#world = world;
    this.#random = world.random("feed");
    this.#host = new FunctionHost(world, "observe", 60_000, (environment) => ({
      store: around.stores.openFor(environment),
      events: eventsFor(world, bus, environment),
      clock: environment.clock,
      recordHints: recordHintsFor(world, around.tell, environment),
      log: logFor(world),
    }));
    this.#shards = Array.from({ length: world.config.feedShards }, (_, number) => ({
      source: `shard-${number}`,
      changes: [],
      next: 0,
      polling: false,
    }));
    world.store.watch((changes) => {
      for (const change of changes) this.#take(change);
    });
  }

  /** True when everything was observed and nobody works on it any more. */
  get isIdle(): boolean {
    return (
      this.#host.working === 0 && this.#shards.every(({ changes, next }) => next >= changes.length)
    );
  }

  /** The observer's own records must never call it again, so only instances are let through. */
  #take(change: FeedChange): void {
    if (change.type !== "instance") return;
    const place = Math.abs(hashText(change.key.pk)) % this.#shards.length;
    const shard = this.#shards[place];
    if (shard === undefined) throw new RangeError(`no shard ${place}`);
    shard.changes.push(change);
    this.#pollSoon(shard, this.#random.int(0, this.#world.config.feedWindowMs));
  }

  #pollSoon(shard: Shard, delayMs: number): void {
    if (shard.polling) return;
    shard.polling = true;
    this.#world.loop.after(delayMs, `${shard.source} polled`, () => {
      shard.polling = false;
      const { faults } = this.#world;
      if (shard.next > 0 && faults.strikes("feedRepeated")) {
        this.#world.saw("feed batch repeated");
        shard.next -= this.#random.int(1, Math.min(shard.next, 20));
      }
      if (shard.next < shard.changes.length) this.#deliver(shard);
    });
  }

  #deliver(shard: Shard): void {
    const { faults } = this.#world;
    const left = shard.changes.length - shard.next;
    const cut = faults.strikes("feedCut") && left > 1;
    if (cut) this.#world.saw("feed batch cut");
    const size = Math.min(left, cut ? this.#random.int(1, left) : 200);
    const batch = shard.changes.slice(shard.next, shard.next + size);
    const after = shard.next + size;
    const overlaps = faults.strikes("feedOverlap");
    if (overlaps) {
      this.#world.saw("observers overlapped");
      this.#pollSoon(shard, this.#random.int(0, 40));
    } else {
      shard.polling = true;
    }
    this.#host.invoke(
      batch,
      (deps) => observeChanges(deps, shard.source, batch),
      (ending) => {
        if (ending.outcome === "threw" && !(ending.error instanceof TransientError)) {
          this.#world.violate("no bug surfaces", `observe threw ${String(ending.error)}`);
        }
        if (!overlaps) shard.polling = false;
        if (ending.outcome === "returned") shard.next = Math.max(shard.next, after);
        if (shard.next >= shard.changes.length) return;
        this.#pollSoon(shard, ending.outcome === "returned" ? 0 : this.#random.int(50, 5_000));
      },
    );
  }
}
