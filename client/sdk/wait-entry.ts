import type { InstanceView } from "../../shared/contract/http/views.ts";
import { SwitchyardError } from "./switchyard-error.ts";

/** How one caller waits. */
export interface WaitOptions {
  /** Give up after this; the instance goes on. Default: wait for ever. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** As in `CallOptions`. */
  readonly largeOutputs?: "fetch" | "leave" | undefined;
  /** Called when the instance is first seen and whenever it has changed, about once a second at most. */
  readonly onUpdate?: ((instance: InstanceView) => void) | undefined;
}

interface Listener {
  readonly resolve: (instance: InstanceView) => void;
  readonly reject: (reason: unknown) => void;
  readonly onUpdate: ((instance: InstanceView) => void) | undefined;
}

/** One instance that somebody waits for, and everybody who does. */
export class WaitEntry {
  readonly id: string;
  /** Answers so far that left it unfinished. */
  rounds = 0;
  /** Not to be asked about before this. */
  dueAtMs: number;
  polling = false;
  #seenVersion = 0;
  readonly #listeners = new Set<Listener>();

  constructor(id: string, nowMs: number) {
    this.id = id;
    this.dueAtMs = nowMs;
  }

  get wanted(): boolean {
    return this.#listeners.size > 0;
  }

  /** Whether anybody wants to hear of changes on the way. */
  get watched(): boolean {
    for (const listener of this.#listeners) if (listener.onUpdate !== undefined) return true;
    return false;
  }

  add(listener: Listener): void {
    // A newcomer has seen nothing yet, so the next answer is news.
    if (listener.onUpdate !== undefined) this.#seenVersion = 0;
    this.#listeners.add(listener);
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  update(instance: InstanceView): void {
    if (instance.recordVersion === this.#seenVersion) return;
    this.#seenVersion = instance.recordVersion;
    for (const listener of this.#listeners) {
      try {
        listener.onUpdate?.(instance);
      } catch (error) {
        // A caller's own mistake ends that caller's wait, not the others'.
        this.#listeners.delete(listener);
        listener.reject(error);
      }
    }
  }

  finish(instance: InstanceView): void {
    for (const listener of this.#listeners) listener.resolve(instance);
    this.#listeners.clear();
  }

  fail(reason: unknown): void {
    for (const listener of this.#listeners) listener.reject(reason);
    this.#listeners.clear();
  }
}

export function waitTimedOut(id: string, timeoutMs: number): SwitchyardError {
  return new SwitchyardError({
    code: "timeout",
    status: 0,
    detail: `${id} was not finished after ${timeoutMs} ms`,
    suggestion: "it goes on by itself; wait again, or cancel it",
    retryable: true,
    notApplied: true,
  });
}

export function noSuchInstance(id: string): SwitchyardError {
  return new SwitchyardError({
    code: "instance_not_found",
    status: 404,
    detail: `there is no instance "${id}"`,
    suggestion: "list instances; finished ones are deleted after their keeping time",
    retryable: false,
    notApplied: true,
  });
}
