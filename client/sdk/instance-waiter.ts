import type { InstanceView } from "../../shared/contract/http/views.ts";
import { limits } from "../../shared/core/limits.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { ClientClock } from "./client-clock.ts";
import { onAbort } from "./on-abort.ts";
import { SwitchyardError } from "./switchyard-error.ts";
import { noSuchInstance, WaitEntry, type WaitOptions, waitTimedOut } from "./wait-entry.ts";

/** What the waiter asks the server. */
export interface WaitQuestions {
  /** The instances in order, undefined where there is none; the server may take `waitSeconds`. */
  lookup(
    ids: readonly string[],
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<readonly (InstanceView | undefined)[]>;
  /** One instance with all its payloads. */
  whole(id: string): Promise<InstanceView>;
}

/** Hosts that cannot wait are asked again after this, growing to the maximum. */
const pollMsFirst = 200;
const pollMsMax = 5_000;
const pollGrowth = 1.5;
/** Lookups under way at once; half of them are kept for newcomers. */
const lookupsMax = 4;
const lookupsOfOldMax = 2;

/**
 * Waits for any number of instances with few requests. A lookup answers when all its instances are
 * finished or its time is over, so newcomers are asked about apart from those known to take longer,
 * and several together never longer than a second: a quick one does not wait for a slow one.
 */
export class InstanceWaiter {
  readonly #questions: WaitQuestions;
  readonly #clock: ClientClock;
  readonly #entries = new Map<string, WaitEntry>();
  /** Lookups under way; aborted when nobody wants their answer any more. */
  readonly #lookups = new Map<AbortController, readonly WaitEntry[]>();
  #pumping = false;
  #timer: AbortController | undefined;

  constructor(questions: WaitQuestions, clock: ClientClock) {
    this.#questions = questions;
    this.#clock = clock;
  }

  wait(id: string, options: WaitOptions = {}): Promise<InstanceView> {
    const { timeoutMs, signal, onUpdate } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const over = new AbortController();
      const end = (settle: () => void): void => {
        over.abort();
        forgetSignal?.();
        settle();
      };
      const entry = this.#entryOf(id);
      const listener = {
        resolve: (instance: InstanceView) => end(() => resolve(instance)),
        reject: (reason: unknown) => end(() => reject(reason)),
        onUpdate,
      };
      const leave = (reason: unknown): void => {
        entry.remove(listener);
        listener.reject(reason);
        this.#forgetUnwanted();
      };
      const forgetSignal =
        signal === undefined ? undefined : onAbort(signal, () => leave(signal.reason));
      if (timeoutMs !== undefined) {
        this.#clock.sleep(timeoutMs, over.signal).then(
          () => leave(waitTimedOut(id, timeoutMs)),
          () => {}, // The wait ended first, which is what stopped the timer.
        );
      }
      entry.add(listener);
      this.#pumpSoon();
    });
  }

  close(reason: unknown): void {
    for (const entry of this.#entries.values()) entry.fail(reason);
    this.#forgetUnwanted();
    this.#timer?.abort();
  }

  #entryOf(id: string): WaitEntry {
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = new WaitEntry(id, this.#clock.nowMs());
      this.#entries.set(id, entry);
    }
    return entry;
  }

  #forgetUnwanted(): void {
    for (const entry of this.#entries.values()) {
      if (!entry.wanted) this.#entries.delete(entry.id);
    }
    for (const [controller, entries] of this.#lookups) {
      if (!entries.some((entry) => entry.wanted)) controller.abort();
    }
  }

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    this.#timer?.abort();
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    const idle = [...this.#entries.values()].filter((entry) => !entry.polling);
    const due = idle.filter((entry) => entry.dueAtMs <= nowMs);
    this.#start(
      due.filter((entry) => entry.rounds === 0),
      lookupsMax,
    );
    this.#start(
      due.filter((entry) => entry.rounds > 0),
      lookupsOfOldMax,
    );
    const nextMs = idle
      .filter((entry) => entry.dueAtMs > nowMs)
      .reduce((least, entry) => Math.min(least, entry.dueAtMs), Infinity);
    if (nextMs < Infinity) this.#pumpAfter(nextMs - nowMs);
  }

  #start(entries: readonly WaitEntry[], lookupsUntil: number): void {
    // With nobody else about there is nobody who could be kept waiting.
    const alone = this.#entries.size === 1 && entries[0]?.watched === false;
    const waitSeconds = alone ? limits.waitSecondsMax : 1;
    for (let from = 0; from < entries.length; from += limits.lookupIdsMax) {
      if (this.#lookups.size >= lookupsUntil) return;
      void this.#lookup(entries.slice(from, from + limits.lookupIdsMax), waitSeconds);
    }
  }

  #pumpAfter(delayMs: number): void {
    const timer = new AbortController();
    this.#timer = timer;
    this.#clock.sleep(delayMs, timer.signal).then(
      () => this.#pump(),
      () => {}, // Another pump came first and set its own timer.
    );
  }

  async #lookup(entries: readonly WaitEntry[], waitSeconds: number): Promise<void> {
    const controller = new AbortController();
    this.#lookups.set(controller, entries);
    for (const entry of entries) entry.polling = true;
    const startedAtMs = this.#clock.nowMs();
    let apart: readonly (readonly WaitEntry[])[] = [];
    try {
      const ids = entries.map((entry) => entry.id);
      const found = await this.#questions.lookup(ids, waitSeconds, controller.signal);
      const waited = this.#clock.nowMs() - startedAtMs >= waitSeconds * 500;
      for (const [index, entry] of entries.entries()) this.#answer(entry, found[index], waited);
    } catch (error) {
      apart = halvesToAsk(entries, error);
      if (apart.length === 0) for (const entry of entries) entry.fail(error);
    }
    this.#lookups.delete(controller);
    for (const entry of entries) entry.polling = false;
    for (const half of apart) void this.#lookup(half, waitSeconds);
    this.#forgetUnwanted();
    this.#pump();
  }

  #answer(entry: WaitEntry, instance: InstanceView | undefined, waited: boolean): void {
    if (instance === undefined) {
      entry.fail(noSuchInstance(entry.id));
      return;
    }
    entry.update(instance);
    if (!isTerminal(instance.state)) {
      entry.rounds++;
      entry.dueAtMs = this.#clock.nowMs() + (waited ? 0 : this.#intervalMs(entry.rounds));
      return;
    }
    if (instance.omitted === undefined) {
      entry.finish(instance);
      return;
    }
    // The answer was too large for all payloads; nobody else asks for this entry meanwhile.
    this.#entries.delete(entry.id);
    this.#questions.whole(entry.id).then(
      (whole) => entry.finish(whole),
      (error: unknown) => entry.fail(error),
    );
  }

  #intervalMs(rounds: number): number {
    const intervalMs = Math.min(pollMsMax, pollMsFirst * pollGrowth ** (rounds - 1));
    return Math.ceil(intervalMs * (0.75 + this.#clock.random() / 2));
  }
}

/** One id that is none must not end the others' waits: the halves are asked about apart. */
function halvesToAsk(
  entries: readonly WaitEntry[],
  error: unknown,
): readonly (readonly WaitEntry[])[] {
  const refused = error instanceof SwitchyardError && error.status === 400;
  if (!refused || entries.length === 1) return [];
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)];
}
