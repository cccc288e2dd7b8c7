import type { Log } from "../../shared/ports/log.ts";

/** Messages to one receiver under way at once: a slow one takes its own time and nobody else's. */
const atOncePerLane = 8;
/** More are let go: their wakes come back to them. */
const waitingPerLaneMax = 10_000;

interface Lane {
  readonly waiting: Map<string, () => Promise<void>>;
  running: number;
}

/** A line of its own for each receiver. */
export class DeliveryLanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Set<Promise<void>>();
  readonly #log: Log;
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Puts a look in the line of its receiver, once for each message. */
  add(receiver: string, message: string, look: () => Promise<void>): void {
    const lane = this.#lanes.get(receiver) ?? { waiting: new Map(), running: 0 };
    this.#lanes.set(receiver, lane);
    if (this.#closed || lane.waiting.size >= waitingPerLaneMax) return;
    lane.waiting.set(message, look);
    this.#goOn(receiver, lane);
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#lanes.clear();
    await Promise.all(this.#running);
  }

  #goOn(receiver: string, lane: Lane): void {
    for (const [message, look] of lane.waiting) {
      if (lane.running >= atOncePerLane || this.#closed) return;
      lane.waiting.delete(message);
      lane.running += 1;
      const run = this.#run(message, look).finally(() => {
        lane.running -= 1;
        this.#running.delete(run);
        if (lane.running === 0 && lane.waiting.size === 0) this.#lanes.delete(receiver);
        else this.#goOn(receiver, lane);
      });
      this.#running.add(run);
    }
  }

  async #run(message: string, look: () => Promise<void>): Promise<void> {
    try {
      await look();
    } catch (error) {
      this.#log.error("look at a delivery failed; its wake comes back to it", {
        deliveryId: message,
        cause: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
