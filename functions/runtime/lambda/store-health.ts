import type { Clock } from "../../../shared/ports/clock.ts";
import type { Store } from "../../../shared/ports/store.ts";
import type { ComponentHealth } from "../host-ports.ts";

const nowhere = { pk: "SYS#HEALTH", sk: "SYS#HEALTH" } as const;
/** A read by key takes a few milliseconds. */
const slowMs = 1_000;

/** Asks the table for a record that does not exist: the cheapest question there is. */
export async function storeHealth(store: Store, clock: Clock): Promise<ComponentHealth> {
  const startedAtMs = clock.now();
  try {
    await store.get(nowhere);
  } catch (error) {
    return { state: "down", cause: error instanceof Error ? error.name : "unknown" };
  }
  const answeredInMs = clock.now() - startedAtMs;
  return { state: answeredInMs > slowMs ? "degraded" : "ok", answeredInMs };
}
