import { keys } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { Engine } from "../runtime/engine.ts";

/** What is wrong with the limits that a task names: a name twice, or one that nobody has defined. */
export async function unknownLimit(
  { store }: Engine,
  tenant: string,
  uses: readonly { readonly name: string }[],
): Promise<Rejection | undefined> {
  const seen = new Set<string>();
  for (const [place, { name }] of uses.entries()) {
    const pointer = `/limits/${place}/name`;
    if (seen.has(name)) {
      return {
        code: "invalid_field",
        pointer,
        detail: `the limit ${name} is named twice`,
        suggestion: "name each limit once",
      };
    }
    seen.add(name);
    if ((await store.get(keys.limit(tenant, name))) !== undefined) continue;
    const nearest = nearestName(name, await limitNames(store, tenant));
    return {
      code: "invalid_field",
      pointer,
      detail: `there is no limit "${name}"`,
      suggestion:
        nearest === undefined
          ? `define it first with PUT /v1/limits/${name}`
          : `did you mean "${nearest}"?`,
    };
  }
  return undefined;
}

async function limitNames(store: Engine["store"], tenant: string): Promise<readonly string[]> {
  const found = await store.query({
    index: "primary",
    partition: keys.limit(tenant, "").pk,
    order: "ascending",
    limit: limits.limitsMax,
  });
  return found.map(({ key }) => key.sk);
}
