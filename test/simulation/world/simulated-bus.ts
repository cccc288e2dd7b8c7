import { compilePattern } from "../../../shared/event/compile-pattern.ts";
import { matchEvent } from "../../../shared/event/match.ts";
import { jsonOf, stateChangeEvent } from "../../../shared/event/own-events.ts";
import { isPatternErrors } from "../../../shared/event/pattern.ts";
import type { BusEvent } from "../../../shared/event/trigger.ts";
import type { RandomStream } from "../engine/random-stream.ts";
import { triggerSpecs } from "./events-workload.ts";
import type { EventBus } from "./ports.ts";
import { tenants } from "./workload.ts";
import type { World } from "./world.ts";

type StateChanges = Parameters<EventBus["publish"]>[0];

/** The bus with a rule for each trigger: what matches goes to the intake, at least once and in any order. */
export class SimulatedBus implements EventBus {
  /** Events on their way. */
  underway = 0;
  readonly #world: World;
  readonly #random: RandomStream;
  readonly #listener: EventBus;
  readonly #deliver: (body: string) => void;
  readonly #rules: readonly { readonly trigger: string; matches(event: BusEvent): boolean }[];
  #hasRules = false;

  /** State changes are heard by `listener`, too, whatever becomes of them. */
  constructor(world: World, listener: EventBus, deliver: (body: string) => void) {
    this.#world = world;
    this.#random = world.random("bus");
    this.#listener = listener;
    this.#deliver = deliver;
    this.#rules = Object.entries(triggerSpecs).map(([trigger, spec]) => {
      const pattern = compilePattern((spec as { readonly pattern: never }).pattern);
      if (isPatternErrors(pattern)) throw new RangeError(`${trigger} has no pattern`);
      return { trigger, matches: (event) => matchEvent(pattern, jsonOf(event)).matches };
    });
  }

  /** From here on there are triggers. */
  open(): void {
    this.#hasRules = true;
  }

  publish(changes: StateChanges): void {
    this.#listener.publish(changes);
    for (const change of changes) this.put(change.tenant, stateChangeEvent(change));
  }

  put(tenant: string, event: BusEvent): void {
    if (!this.#hasRules || !tenants.some((known) => known === tenant)) return;
    const { faults } = this.#world;
    for (const { trigger, matches } of this.#rules) {
      if (!matches(event)) continue;
      const body = JSON.stringify({ kind: "event", tenant, trigger, event });
      if (faults.strikes("eventLost")) continue;
      const lateMs = faults.strikes("eventLate") ? this.#random.int(1_000, 900_000) : 0;
      this.#bring(body, this.#random.int(1, 1_500) + lateMs);
      if (!faults.strikes("eventDoubled")) continue;
      this.#world.saw("event doubled");
      this.#bring(body, this.#random.int(0, 300_000));
    }
  }

  #bring(body: string, delayMs: number): void {
    this.underway += 1;
    this.#world.loop.after(delayMs, "event arrives", () => {
      this.underway -= 1;
      this.#deliver(body);
    });
  }
}
