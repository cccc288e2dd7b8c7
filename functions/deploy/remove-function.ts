import { justAfter, keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { FunctionPlatform } from "../../shared/ports/function-platform.ts";
import type { Key, Store } from "../../shared/ports/store.ts";

/**
 * Takes a function away: first from its platform, so that a removal that breaks off can be repeated,
 * then its records. Harmless when it is gone already.
 */
export async function removeFunction(
  { store, platform }: { readonly store: Store; readonly platform: FunctionPlatform },
  tenant: string,
  name: string,
): Promise<void> {
  await platform.remove(tenant, name);
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
    for (const { key } of found) await deleteRecord(store, key);
    const last = found.at(-1);
    if (last === undefined || found.length < limits.changesPerWriteMax) break;
    from = justAfter(last.sort);
  }
  await deleteRecord(store, keys.functionHead(tenant, name));
}

async function deleteRecord(store: Store, key: Key): Promise<void> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const record = await store.get(key);
    if (record === undefined) return;
    const result = await store.write([{ kind: "delete", key, expect: record.version }]);
    if (result.outcome === "wrote") return;
  }
}
