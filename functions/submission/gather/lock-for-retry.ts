import { RejectionError } from "../../../shared/core/errors.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Change } from "../../../shared/ports/store.ts";
import type { Engine } from "../../runtime/engine.ts";
import { definitionOf, loadInstance } from "../../runtime/instances.ts";
import { holderOfLock, lockChange } from "./arrival.ts";
import { singletonKeyOf } from "./lock-keys.ts";
import { singletonOpen } from "./submit-singleton.ts";

/**
 * What is written together with a retry by hand: an instance of a singleton is open again only with
 * the lock. Throws the rejection when another one has it.
 */
export async function lockForRetry(
  engine: Engine,
  tenant: string,
  id: string,
): Promise<readonly Change[]> {
  const instance = await loadInstance(engine.store, tenant, id);
  if (instance === undefined || !isTerminal(instance.state)) return [];
  const { spec } = await definitionOf(engine, instance);
  const key = singletonKeyOf(engine.ids, instance, spec);
  if (key === undefined) return [];
  const lock = await engine.store.get(key);
  const holderId = holderOfLock(lock);
  if (holderId !== undefined && holderId !== id) {
    const holder = await loadInstance(engine.store, tenant, holderId);
    if (holder !== undefined && !isTerminal(holder.state)) {
      throw new RejectionError(singletonOpen(holder));
    }
  }
  return [lockChange(key, lock, id)];
}
