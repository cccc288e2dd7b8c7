import { keys } from "../../shared/contract/keys.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { TaskHead, TaskVersion } from "../../shared/task/task.ts";

/** Task definitions: heads are read afresh, versions never change and are remembered. */
export interface Definitions {
  head(tenant: string, name: string): Promise<TaskHead | undefined>;
  version(tenant: string, name: string, version: number): Promise<TaskVersion | undefined>;
}

export function openDefinitions(store: Store, rememberedMax = 2_000): Definitions {
  const remembered = new Map<string, TaskVersion>();
  return {
    async head(tenant, name) {
      const record = await store.get(keys.taskHead(tenant, name));
      return record?.body as TaskHead | undefined;
    },
    async version(tenant, name, version) {
      const cacheKey = `${tenant}#${name}#${version}`;
      const known = remembered.get(cacheKey);
      if (known !== undefined) return known;
      const record = await store.get(keys.taskVersion(tenant, name, version));
      if (record === undefined) return undefined;
      const definition = record.body as unknown as TaskVersion;
      if (remembered.size >= rememberedMax) {
        for (const oldest of remembered.keys()) {
          remembered.delete(oldest);
          break;
        }
      }
      remembered.set(cacheKey, definition);
      return definition;
    },
  };
}
