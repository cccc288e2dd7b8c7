import { limits } from "../../shared/core/limits.ts";
import type { Gate } from "../../shared/limit/gates-of.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";
import type { Capacity } from "../../shared/schedule/portrait/plan.ts";
import type { ExpectedInstance } from "./expected-instances.ts";

/** Everything known that bounds what runs or starts; each is listed when somebody first takes from it. */
export class CapacityList {
  readonly #lambdaConcurrency: number | undefined;
  readonly #poolSlots: ReadonlyMap<string, number>;
  readonly #found: Capacity[] = [];
  readonly #places = new Map<string, number>();

  constructor(lambdaConcurrency: number | undefined, poolSlots: ReadonlyMap<string, number>) {
    this.#lambdaConcurrency = lambdaConcurrency;
    this.#poolSlots = poolSlots;
  }

  get all(): readonly Capacity[] {
    return this.#found;
  }

  /** The places in the list of all that an instance takes from. */
  takenBy({ gates, backend }: ExpectedInstance): readonly number[] {
    const taken = gates.map((gate) => this.#placeOf(ofGate(gate)));
    const ofBackend = backend === undefined ? undefined : this.#ofBackend(backend);
    return ofBackend === undefined ? taken : [...taken, this.#placeOf(ofBackend)];
  }

  #ofBackend({ name, kind }: BackendCapabilities): Capacity | undefined {
    if (kind === "lambda") {
      const max = this.#lambdaConcurrency;
      return {
        name: "lambda",
        bound: { kind: "slots", max: max ?? limits.lambdaConcurrencyAssumed },
        basis: max === undefined ? "assumed" : "configured",
      };
    }
    // A pool without workers has no slots now; nobody knows how many it will have.
    const slots = kind === "pool" ? (this.#poolSlots.get(name) ?? 0) : 0;
    if (slots === 0) return undefined;
    const bound = { kind: "slots", max: slots } as const;
    return { name: `pool/${name}`, bound, basis: "present" };
  }

  #placeOf(capacity: Capacity): number {
    const key = `${capacity.bound.kind} ${capacity.name}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.#found.length);
    return this.#found.push(capacity) - 1;
  }
}

function ofGate(gate: Gate): Capacity {
  if (gate.kind === "slots") {
    const bound = { kind: "slots", max: gate.max } as const;
    return { name: gate.gate, bound, basis: "configured" };
  }
  const { starts, perSeconds, burst = 1 } = gate.rate;
  const bound = { kind: "rate", starts, perSeconds, burst } as const;
  return { name: gate.gate, bound, basis: "configured" };
}
