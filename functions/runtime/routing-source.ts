import { keys } from "../../shared/contract/keys.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";
import type { TaskProfile } from "../../shared/routing/profile.ts";
import type { RulesInForce } from "../../shared/routing/rules/rule-set.ts";
import { poolBackends } from "./pool-source.ts";
import { loadRulesInForce } from "./rules-source.ts";
import { ShortMemory } from "./short-memory.ts";

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
