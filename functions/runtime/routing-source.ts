import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";
import type { TaskProfile } from "../../shared/routing/profile.ts";
import type { RulesInForce } from "../../shared/routing/rules/rule-set.ts";
import { poolBackends } from "./pool-source.ts";
import { loadRulesInForce } from "./rules-source.ts";

/** What a decision goes by that is the same for all of a tenant's submissions. */
export interface RoutingFacts {
  readonly rules: RulesInForce;
  /** In the host's order of preference. */
  readonly backends: readonly BackendCapabilities[];
}

/** Where routing finds what it goes by; what it answers may be a moment old. */
export interface RoutingSource {
  facts(tenant: string): Promise<RoutingFacts>;
  /** What was learned about a task; undefined while nothing is. */
  profile(tenant: string, task: string): Promise<TaskProfile | undefined>;
  /** Reads the tenant's facts anew when they are next asked for: this process has changed them. */
  forget(tenant: string): void;
}

export interface RoutingSourceDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** The backends that every tenant of this host has. */
  readonly fixedBackends: readonly BackendCapabilities[];
}

const rememberedMax = 2_000;

/** Reads rules, pools and profiles from the store, each at most once in `limits.routingFactsMs`. */
export function openRoutingSource({
  store,
  clock,
  fixedBackends,
}: RoutingSourceDeps): RoutingSource {
  const facts = new ShortMemory<RoutingFacts>(clock);
  const profiles = new ShortMemory<TaskProfile | undefined>(clock);
  return {
    facts: (tenant) =>
      facts.recall(tenant, async () => {
        const [rules, pools] = await Promise.all([
          loadRulesInForce(store, tenant),
          poolBackends(store, tenant, clock.now()),
        ]);
        return { rules, backends: [...fixedBackends, ...pools] };
      }),
    profile: (tenant, task) =>
      profiles.recall(`${tenant}#${task}`, async () => {
        const record = await store.get(keys.profile(tenant, task));
        return record?.body as TaskProfile | undefined;
      }),
    forget: (tenant) => facts.forget(tenant),
  };
}

/** Remembers answers for a moment, and forgets those that failed. */
class ShortMemory<Value> {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly atMs: number; readonly value: Promise<Value> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  recall(name: string, read: () => Promise<Value>): Promise<Value> {
    const nowMs = this.#clock.now();
    const known = this.#known.get(name);
    if (known !== undefined && Math.abs(nowMs - known.atMs) < limits.routingFactsMs) {
      return known.value;
    }
    const value = read();
    // Last in line again, so that the first of the map is the one that was read longest ago.
    this.#known.delete(name);
    this.#known.set(name, { atMs: nowMs, value });
    value.catch(() => {
      if (this.#known.get(name)?.value === value) this.#known.delete(name);
    });
    if (this.#known.size > rememberedMax) this.#forgetOldest();
    return value;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
