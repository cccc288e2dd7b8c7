import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Store } from "../../shared/ports/store.ts";

/** What this process has noted already. */
const noted = new WeakMap<Store, Set<string>>();

/**
 * Notes that a tenant has something to be watched, so that the watch finds it without asking anybody
 * who works on it. To be called before the first such thing is written; costs one write, once.
 */
export async function noteWatchedTenant(store: Store, tenant: string): Promise<void> {
  const known = noted.get(store) ?? new Set<string>();
  noted.set(store, known);
  if (known.has(tenant)) return;
  // Lost means that it is noted already.
  await store.write([
    {
      kind: "put",
      expect: "absent",
      record: { key: keys.watchedTenant(tenant), type: "checkpoint", body: { tenant } },
    },
  ]);
  known.add(tenant);
}

/** All tenants that have something to be watched, in the order of their names. */
export async function watchedTenants(store: Store): Promise<readonly string[]> {
  const { pk } = keys.watchedTenant("");
  const tenants: string[] = [];
  for (;;) {
    const last = tenants.at(-1);
    const found = await store.query({
      index: "primary",
      partition: pk,
      ...(last === undefined ? {} : { from: `${last}\u0001` }),
      order: "ascending",
      limit: limits.storePageMax,
    });
    tenants.push(...found.map(({ key }) => key.sk));
    if (found.length < limits.storePageMax) return tenants;
  }
}
