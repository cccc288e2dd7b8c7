import { keys } from "../../shared/contract/keys.ts";
import { poolUnavailable } from "../../shared/pool/health.ts";
import type { Pool } from "../../shared/pool/pool.ts";
import type { BackendCapabilities } from "../../shared/routing/backend-capabilities.ts";
import type { Engine } from "../runtime/engine.ts";

/** How many attempts the workers of each pool can take together now; pools that take none are absent. */
export async function loadPoolSlots(
  { store, clock }: Pick<Engine, "store" | "clock">,
  tenant: string,
  backends: readonly BackendCapabilities[],
): Promise<ReadonlyMap<string, number>> {
  const names = backends.flatMap(({ kind, name }) => (kind === "pool" ? [name] : []));
  if (names.length === 0) return new Map();
  const records = await store.getMany(names.map((name) => keys.pool(tenant, name)));
  const slots = new Map<string, number>();
  for (const record of records) {
    const pool = record?.body as unknown as Pool | undefined;
    if (pool?.presence === undefined || poolUnavailable(pool, clock.now()) !== undefined) continue;
    slots.set(pool.name, pool.presence.slots);
  }
  return slots;
}
