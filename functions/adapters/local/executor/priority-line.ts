import { Fifo } from "../../../runner/fifo.ts";

/** Whoever has the higher priority goes first; among equals, whoever came first. */
export class PriorityLine<T> {
  readonly #lanes: Fifo<T>[];

  constructor(priorityMax: number) {
    this.#lanes = Array.from({ length: priorityMax + 1 }, () => new Fifo<T>());
  }

  push(item: T, priority: number): void {
    const lane = Math.max(0, Math.min(this.#lanes.length - 1, Math.floor(priority)));
    this.#lanes[lane]?.push(item);
  }

  shift(): T | undefined {
    return this.#firstLane()?.shift();
  }

  peek(): T | undefined {
    return this.#firstLane()?.peek();
  }

  #firstLane(): Fifo<T> | undefined {
    return this.#lanes.findLast((lane) => lane.size > 0);
  }
}
