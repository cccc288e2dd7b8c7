import { justAfter, keys } from "../../shared/contract/keys.ts";
import { TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { FunctionVersion } from "../../shared/function/function.ts";
import type { FunctionPlatform } from "../../shared/ports/function-platform.ts";
import type { Payloads } from "../../shared/ports/payloads.ts";
import type { Key, Store, StoredRecord } from "../../shared/ports/store.ts";

export interface RemoveDeps {
  readonly store: Store;
  readonly payloads: Payloads;
  readonly platform: FunctionPlatform;
}

/**
 * Takes a function away: first from its platform, then each version's package and its record, so that
 * a removal that breaks off can be repeated and leaves nothing behind that no record names. Harmless
 * when it is gone already.
 */
export async function removeFunction(
  { store, payloads, platform }: RemoveDeps,
  tenant: string,
  name: string,
): Promise<void> {
  await platform.remove(tenant, name);
  // A version has its package for itself: no other one runs it.
  const deletePackage = async ({ body }: StoredRecord): Promise<void> => {
    const { packageId } = body as unknown as FunctionVersion;
    await payloads.delete(tenant, [packageId]);
  };
  const partition = keys.functionVersion(tenant, name, "").pk;
  let from: string | undefined;
  for (;;) {
    const found = await store.query({
      index: "primary",
      partition,
      ...(from === undefined ? {} : { from }),
      order: "ascending",
      limit: limits.changesPerWriteMax,
    });
    for (const { key } of found) await deleteRecord(store, key, deletePackage);
    const last = found.at(-1);
    if (last === undefined || found.length < limits.changesPerWriteMax) break;
    from = justAfter(last.sort);
  }
  await deleteRecord(store, keys.functionHead(tenant, name));
}

async function deleteRecord(
  store: Store,
  key: Key,
  before?: (record: StoredRecord) => Promise<void>,
): Promise<void> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const record = await store.get(key);
    if (record === undefined) return;
    await before?.(record);
    const result = await store.write([{ kind: "delete", key, expect: record.version }]);
    if (result.outcome === "wrote") return;
  }
  throw new TransientError(`${key.pk} is being changed all the time; it was not removed`);
}
