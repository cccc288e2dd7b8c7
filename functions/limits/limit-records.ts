import { keys } from "../../shared/contract/keys.ts";
import { type Rejection, RejectionError } from "../../shared/core/errors.ts";
import type { Limit } from "../../shared/limit/limit.ts";
import type { Store } from "../../shared/ports/store.ts";

/** A limit with the version that a change of it must expect. */
export interface LimitRecord {
  readonly limit: Limit;
  readonly version: number;
}

export async function loadLimit(
  store: Store,
  tenant: string,
  name: string,
): Promise<LimitRecord | undefined> {
  const record = await store.get(keys.limit(tenant, name));
  if (record === undefined) return undefined;
  return { limit: record.body as unknown as Limit, version: record.version };
}

/** The limit; throws a RejectionError when there is none. */
export async function getLimit(store: Store, tenant: string, name: string): Promise<LimitRecord> {
  const loaded = await loadLimit(store, tenant, name);
  if (loaded === undefined) throw new RejectionError(limitNotFound(name));
  return loaded;
}

export function limitNotFound(name: string): Rejection {
  return {
    code: "limit_not_found",
    detail: `there is no limit "${name}"`,
    pointer: "name",
    suggestion: "list the limits with GET /v1/limits, or define it with PUT /v1/limits/{name}",
  };
}

export function contended(what: string): RejectionError {
  return new RejectionError({
    code: "conflict",
    detail: `others keep changing ${what}; nothing was changed`,
    suggestion: "try again",
  });
}
