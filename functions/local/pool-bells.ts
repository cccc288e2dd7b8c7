import type { Instance } from "../../shared/instance/instance.ts";
import { liveAttempt } from "../../shared/instance/instance.ts";
import type { Worker } from "../../shared/pool/pool.ts";
import type { Doorbells } from "../../shared/ports/doorbells.ts";
import type { FeedChange } from "../../shared/ports/store.ts";
import type { LineListener, PoolLines } from "../pools/pool-lines.ts";

/**
 * The doorbells of one machine: requests that wait for work hear at once when something is put in
 * their pool's line, whoever put it there. One ring wakes one of them, the one that waits longest,
 * so that work is spread and nobody looks for nothing.
 */
export class PoolBells implements PoolLines, Doorbells {
  readonly #lines = new Map<string, Set<Listener>>();
  #closed = false;

  listen(tenant: string, pool: string, hears: "one" | "all"): LineListener {
    const name = nameOf(tenant, pool);
    const line = this.#lines.get(name) ?? new Set<Listener>();
    this.#lines.set(name, line);
    const listener = new Listener(hears);
    line.add(listener);
    return {
      rung: () => listener.rung(),
      leave: (unanswered) => {
        line.delete(listener);
        if (line.size === 0 && this.#lines.get(name) === line) this.#lines.delete(name);
        if (listener.hears === "one" && (unanswered || listener.isRung)) ringOne(line);
      },
    };
  }

  ring(tenant: string, pool: string, count: number): Promise<void> {
    const line = this.#lines.get(nameOf(tenant, pool));
    if (line !== undefined) ringLine(line, count);
    return Promise.resolve();
  }

  isClosed(): boolean {
    return this.#closed;
  }

  /** Ends all waiting. */
  close(): void {
    this.#closed = true;
    for (const line of this.#lines.values()) for (const listener of line) listener.ring();
  }

  /** To be called after durable writes; costs nothing while nobody waits. */
  notify(changes: readonly FeedChange[]): void {
    if (this.#lines.size === 0) return;
    for (const { type, record } of changes) {
      if (record === undefined) continue;
      if (type === "instance") this.#heard(record.body as unknown as Instance);
      if (type === "worker") this.#drained(record.body as unknown as Worker);
    }
  }

  #heard(instance: Instance): void {
    if (instance.state !== "dispatched") return;
    const live = liveAttempt(instance);
    if (live?.pull === true) void this.ring(instance.tenant, live.backend, 1);
  }

  /** A worker that waits is told at once that it is to go. */
  #drained({ tenant, pool, draining }: Worker): void {
    if (!draining) return;
    for (const listener of this.#lines.get(nameOf(tenant, pool)) ?? []) listener.ring();
  }
}

class Listener {
  readonly hears: "one" | "all";
  isRung = false;
  #heard: (() => void) | undefined;

  constructor(hears: "one" | "all") {
    this.hears = hears;
  }

  ring(): void {
    this.isRung = true;
    this.#heard?.();
  }

  async rung(): Promise<void> {
    if (!this.isRung) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    this.#heard = undefined;
    this.isRung = false;
  }
}

function ringLine(line: ReadonlySet<Listener>, count: number): void {
  for (const listener of line) if (listener.hears === "all") listener.ring();
  for (let rings = 0; rings < count; rings++) ringOne(line);
}

/** Sets keep the order in which listeners came. Who is rung already looks again anyway. */
function ringOne(line: ReadonlySet<Listener>): void {
  for (const listener of line) {
    if (listener.hears !== "one" || listener.isRung) continue;
    listener.ring();
    return;
  }
}

function nameOf(tenant: string, pool: string): string {
  return `${tenant}#${pool}`;
}
