import type { RandomStream } from "../engine/random-stream.ts";
import type { World } from "./world.ts";

interface Message<Body> {
  readonly body: Body;
  readonly number: number;
  receives: number;
  gone: boolean;
}

export interface MessageQueueOptions<Body> {
  readonly name: string;
  readonly batchMax: number;
  readonly concurrency: number;
  /** Works on a batch; `settle` names the places that failed. Never settled = the receiver died. */
  readonly deliver: (
    batch: readonly Body[],
    settle: (failed: ReadonlySet<number>) => void,
    died: () => void,
  ) => void;
  /** Hears of each message that was processed and deleted, and of each that went to the side. */
  readonly deleted?: (body: Body) => void;
  readonly deadLetter?: (body: Body) => void;
}

/**
 * At-least-once, as SQS: no order, deliveries may repeat while a receiver works and even after
 * deletion, and a message received too often goes to the dead-letter queue.
 */
export class MessageQueue<Body> {
  /** Messages neither deleted nor dead. */
  size = 0;
  readonly counts = { sent: 0, deleted: 0, dead: 0 };
  readonly #world: World;
  readonly #options: MessageQueueOptions<Body>;
  readonly #random: RandomStream;
  readonly #visible: Message<Body>[] = [];
  readonly #visibilityMs: number;
  #receivers = 0;

  constructor(world: World, options: MessageQueueOptions<Body>) {
    this.#world = world;
    this.#options = options;
    this.#random = world.random("queue", options.name);
    this.#visibilityMs = this.#random.int(20_000, 90_000);
  }

  send(body: Body, delayMs: number): void {
    const message = { body, number: this.#world.serial(), receives: 0, gone: false };
    this.size += 1;
    this.counts.sent += 1;
    const lateMs = this.#world.faults.strikes("messageLate") ? this.#random.int(1_000, 150_000) : 0;
    this.#appearIn(message, delayMs + lateMs + this.#random.int(1, 40));
  }

  #appearIn(message: Message<Body>, delayMs: number): void {
    const receives = message.receives;
    this.#world.loop.after(delayMs, `${this.#options.name} message ${message.number}`, () => {
      // A later receive has its own timer.
      if (message.gone || message.receives !== receives || this.#visible.includes(message)) return;
      this.#visible.push(message);
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#receivers < this.#options.concurrency && this.#visible.length > 0) {
      const batch: Message<Body>[] = [];
      const size = this.#random.int(1, this.#options.batchMax);
      while (batch.length < size && this.#visible.length > 0) {
        const place = this.#random.int(0, this.#visible.length - 1);
        const [message] = this.#visible.splice(place, 1);
        if (message !== undefined && this.#receive(message)) batch.push(message);
      }
      if (batch.length > 0) this.#deliver(batch);
    }
  }

  #receive(message: Message<Body>): boolean {
    if (message.gone) return false;
    message.receives += 1;
    if (message.receives > this.#world.config.receivesMax) {
      message.gone = true;
      this.size -= 1;
      this.counts.dead += 1;
      this.#world.saw("message to the dead-letter queue");
      this.#options.deadLetter?.(message.body);
      return false;
    }
    const short = this.#world.faults.strikes("shortVisibility");
    this.#appearIn(message, short ? this.#random.int(5, 2_000) : this.#visibilityMs);
    return true;
  }

  #deliver(batch: readonly Message<Body>[]): void {
    this.#receivers += 1;
    const done = (): void => {
      this.#receivers -= 1;
      this.#pump();
    };
    this.#options.deliver(
      batch.map(({ body }) => body),
      (failed) => {
        for (const [place, message] of batch.entries()) {
          if (!failed.has(place)) this.#delete(message);
        }
        done();
      },
      done,
    );
  }

  #delete(message: Message<Body>): void {
    if (message.gone) {
      this.#world.saw("message processed twice");
      return;
    }
    message.gone = true;
    this.size -= 1;
    this.counts.deleted += 1;
    this.#options.deleted?.(message.body);
    if (this.#world.faults.strikes("messageDoubled")) {
      this.send(message.body, this.#random.int(0, 200_000));
    }
  }
}
