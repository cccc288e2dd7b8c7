import {
  type MemoryStore,
  openMemoryStore,
} from "../../../functions/adapters/memory/memory-store.ts";
import { EventLoop } from "../engine/event-loop.ts";
import { openRandomStream, type RandomStream } from "../engine/random-stream.ts";
import { Trace } from "../engine/trace.ts";
import type { SimulationConfig } from "./config.ts";
import { Faults } from "./faults.ts";
import type { SometimesName } from "./sometimes.ts";

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
  readonly atMs: number;
}

/** What everything in one run shares. */
export class World {
  readonly config: SimulationConfig;
  /** What the wall clocks show at virtual time 0. */
  readonly epochMs: number;
  readonly trace: Trace;
  readonly loop: EventLoop;
  readonly faults: Faults;
  readonly store: MemoryStore = openMemoryStore();
  readonly sometimes = new Map<SometimesName, number>();
  /** How many port calls each function has made. */
  readonly calls = new Map<string, number>();
  /** Events of which the log says that they make no instance, by trigger and id. */
  readonly refusedEvents = new Set<string>();
  violation: Violation | undefined;
  #serial = 0;

  constructor(config: SimulationConfig, keepTrace: boolean) {
    this.config = config;
    this.epochMs = config.epochMs;
    this.trace = new Trace(keepTrace);
    this.loop = new EventLoop(this.random("order"), this.trace);
    this.faults = new Faults(config.faults, this.random("faults"));
  }

  /** The seed's own choices for one concern, so that concerns do not disturb each other. */
  random(...concern: readonly (string | number)[]): RandomStream {
    return openRandomStream(this.config.seed, ...concern);
  }

  /** A number that no one else in this run has. */
  serial(): number {
    this.#serial += 1;
    return this.#serial;
  }

  /** Counts a port call; answers whether the run's plan is to stop the caller there. */
  isPlannedKill(functionName: string): boolean {
    const call = (this.calls.get(functionName) ?? 0) + 1;
    this.calls.set(functionName, call);
    const { killAt } = this.config;
    return killAt?.functionName === functionName && killAt.call === call;
  }

  /** The true time, as a perfect wall clock would show it. */
  wallMs(): number {
    return this.epochMs + this.loop.nowMs;
  }

  saw(name: SometimesName, count = 1): void {
    this.sometimes.set(name, (this.sometimes.get(name) ?? 0) + count);
  }

  /** The first broken invariant ends the run; later ones are its consequences. */
  violate(invariant: string, detail: string): void {
    if (this.violation !== undefined) return;
    this.violation = { invariant, detail, atMs: this.loop.nowMs };
    this.trace.add(this.loop.nowMs, `VIOLATION ${invariant}: ${detail}`);
  }
}
