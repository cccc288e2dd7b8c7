import type { RandomStream } from "./random-stream.ts";
import type { Trace } from "./trace.ts";

interface Event {
  readonly atMs: number;
  /** Drawn from the seed: decides among events of the same instant. */
  readonly rank: number;
  readonly label: string;
  readonly fire: () => void;
}

/**
 * Virtual time: events fire one by one in the order of their instants, the seed choosing among those
 * of one instant. After each, everything that follows from it without waiting has happened.
 */
export class EventLoop {
  nowMs = 0;
  fired = 0;
  readonly #heap: Event[] = [];
  readonly #ranks: RandomStream;
  readonly #trace: Trace;

  constructor(ranks: RandomStream, trace: Trace) {
    this.#ranks = ranks;
    this.#trace = trace;
  }

  /** Fires `fire` after `delayMs` of virtual time. */
  after(delayMs: number, label: string, fire: () => void): void {
    const atMs = this.nowMs + Math.max(0, Math.round(delayMs));
    this.#push({ atMs, rank: this.#ranks.next(), label, fire });
  }

  /** Runs until `isOver` says so, or nothing is left, or `untilMs` has come. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    // From here on every step begins inside the microtask phase, on which `drained` relies.
    await undefined;
    while (!isOver()) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) return;
      this.#pop();
      this.nowMs = event.atMs;
      this.fired += 1;
      this.#trace.add(event.atMs, event.label);
      event.fire();
      await drained();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(event, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const leftPlace = 2 * place + 1;
      const left = heap[leftPlace];
      const right = heap[leftPlace + 1];
      if (left === undefined) break;
      const smaller = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(smaller, moved)) break;
      heap[place] = smaller;
      place = smaller === left ? leftPlace : leftPlace + 1;
    }
    heap[place] = moved;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.rank < right.rank);
}

/**
 * Resolves when no microtask is left. Node runs its tick queue only after the microtask queue is
 * empty, so one tick asked for inside a microtask comes after all of them; this needs no real timer.
 */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
