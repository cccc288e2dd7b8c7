import { TransientError } from "../../../shared/core/errors.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import type { World } from "./world.ts";

/** How an invocation ended, as whoever asked for it sees it. */
export type Ending<Value> =
  | { readonly outcome: "returned"; readonly value: Value }
  | { readonly outcome: "threw"; readonly error: unknown }
  /** Killed or out of time: nobody answers. */
  | { readonly outcome: "died" };

const skewMsMax = 5 * 60_000;
/** A request that its sender did not live to see answered arrives by then or never. */
const strayMsMax = 5_000;

/**
 * One execution environment of a function: it works on one invocation at a time, keeps what it
 * remembers between them, has its own clock, and may stop for good at any of its port calls.
 */
export class Environment {
  readonly name: string;
  readonly #functionName: string;
  /** What the invocation at work was given; the checks compare what it writes with this. */
  task: unknown;
  dead = false;
  readonly #world: World;
  readonly #random: RandomStream;
  #skewMs: number;
  #callsUntilKill = Number.POSITIVE_INFINITY;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #died: () => void = () => undefined;

  constructor(world: World, functionName: string) {
    const serial = world.serial();
    this.name = `${functionName}-${serial}`;
    this.#functionName = functionName;
    this.#world = world;
    this.#random = world.random("environment", serial);
    this.#skewMs = world.faults.strikes("skewedClock") ? this.#drawSkew() : 0;
  }

  readonly clock: Clock = {
    now: () => this.#world.wallMs() + (this.#world.faults.healed ? 0 : this.#skewMs),
  };

  /** Runs one invocation; `done` hears its ending exactly once. */
  invoke<Value>(
    task: unknown,
    timeoutMs: number,
    work: () => Promise<Value>,
    done: (ending: Ending<Value>) => void,
  ): void {
    const { faults, loop } = this.#world;
    this.task = task;
    this.#deadlineMs = loop.nowMs + timeoutMs;
    this.#callsUntilKill = faults.strikes("kill")
      ? Math.floor(this.#random.next() ** 2 * 12)
      : Number.POSITIVE_INFINITY;
    let ended = false;
    const end = (ending: Ending<Value>): void => {
      if (ended) return;
      ended = true;
      done(ending);
    };
    this.#died = () => end({ outcome: "died" });
    work().then(
      (value) => end({ outcome: "returned", value }),
      (error: unknown) => end({ outcome: "threw", error }),
    );
  }

  /**
   * One call of a port: takes virtual time, then performs. Of a dead environment nothing more goes
   * out, except that requests already on their way may still arrive.
   */
  call<Value>(label: string, perform: () => Promise<Value>): Promise<Value> {
    if (this.dead) return Promise.reject(new TransientError("this environment has stopped"));
    const { loop, faults } = this.#world;
    if (faults.strikes("clockJump")) this.#skewMs = this.#drawSkew();
    const planned = this.#world.isPlannedKill(this.#functionName);
    const killed = planned || this.#callsUntilKill <= 0;
    this.#callsUntilKill -= 1;
    const latencyMs = this.#latencyMs();
    const leftMs = this.#deadlineMs - loop.nowMs;
    if (latencyMs > leftMs) {
      this.#world.saw("function ran out of its time");
      loop.after(leftMs, `${this.name} out of time`, () => this.#die());
    }
    return new Promise((resolve, reject) => {
      loop.after(latencyMs, `${this.name} ${label}`, () => {
        if (!this.dead && !killed) {
          perform().then(resolve, reject);
          return;
        }
        if (!this.dead) this.#world.saw("environment killed");
        this.#die();
        const arrives = planned
          ? this.#world.config.killAt?.arrives
          : latencyMs <= strayMsMax && this.#random.chance(0.5);
        if (arrives === true) perform().then(ignore, ignore);
      });
    });
  }

  #die(): void {
    if (this.dead) return;
    this.dead = true;
    this.#died();
  }

  #drawSkew(): number {
    const skewMs = this.#random.int(-skewMsMax, skewMsMax);
    if (Math.abs(skewMs) > 60_000) this.#world.saw("clock off by more than a minute");
    return skewMs;
  }

  #latencyMs(): number {
    if (this.#world.faults.strikes("slowCall")) {
      return this.#random.chance(0.3)
        ? this.#random.int(10_000, 90_000)
        : this.#random.int(200, 5_000);
    }
    return this.#random.int(1, 25);
  }
}

/** What a dead environment would have heard reaches nobody. */
function ignore(): undefined {
  return undefined;
}
