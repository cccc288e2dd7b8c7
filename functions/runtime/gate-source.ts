import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Group, TenantSettings } from "../../shared/group/group.ts";
import type { Limit } from "../../shared/limit/limit.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Key, Store } from "../../shared/ports/store.ts";
import { ShortMemory } from "./short-memory.ts";

/** What holds a tenant's work back beside what its tasks say themselves. */
export interface GateFacts {
  readonly settings: TenantSettings | undefined;
  readonly groups: ReadonlyMap<string, Group>;
  readonly limits: ReadonlyMap<string, Limit>;
}

/** Where gates find what they go by; what it answers may be a moment old. */
export interface GateSource {
  facts(tenant: string): Promise<GateFacts>;
  /** Reads the tenant's facts anew when they are next asked for: this process has changed them. */
  forget(tenant: string): void;
}

/** Reads groups, named limits and the tenant's settings, each at most once in `limits.routingFactsMs`. */
export function openGateSource({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): GateSource {
  const facts = new ShortMemory<GateFacts>(clock);
  return {
    facts: (tenant) =>
      facts.recall(tenant, async () => {
        const [settings, groups, named] = await Promise.all([
          store.get(keys.tenantSettings(tenant)),
          bodiesOf(store, keys.group(tenant, ""), limits.groupsMax),
          bodiesOf(store, keys.limit(tenant, ""), limits.limitsMax),
        ]);
        return {
          settings: settings?.body as unknown as TenantSettings | undefined,
          groups: byName(groups as unknown as readonly Group[]),
          limits: byName(named as unknown as readonly Limit[]),
        };
      }),
    forget: (tenant) => facts.forget(tenant),
  };
}

async function bodiesOf(store: Store, { pk }: Key, max: number): Promise<readonly object[]> {
  const found = await store.query({
    index: "primary",
    partition: pk,
    order: "ascending",
    limit: max,
  });
  if (found.length === 0) return [];
  const records = await store.getMany(found.map(({ key }) => key));
  return records.flatMap((record) => (record === undefined ? [] : [record.body]));
}

function byName<Named extends { readonly name: string }>(
  all: readonly Named[],
): ReadonlyMap<string, Named> {
  return new Map(all.map((each) => [each.name, each]));
}
