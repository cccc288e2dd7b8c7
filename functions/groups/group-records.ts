import { keys } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import type { Group, TenantSettings } from "../../shared/group/group.ts";
import type { Expectation, Store } from "../../shared/ports/store.ts";

/** A record's body with the version that a change of it must expect. */
export interface Versioned<Body> {
  readonly body: Body;
  readonly version: number;
}

export async function loadGroup(
  store: Store,
  tenant: string,
  name: string,
): Promise<Versioned<Group> | undefined> {
  const record = await store.get(keys.group(tenant, name));
  if (record === undefined) return undefined;
  return { body: record.body as unknown as Group, version: record.version };
}

/** True when it was written; false when another writer was faster. */
export async function saveGroup(store: Store, group: Group, expect: Expectation): Promise<boolean> {
  const key = keys.group(group.tenant, group.name);
  const result = await store.write([
    { kind: "put", expect, record: { key, type: "group", body: group } },
  ]);
  return result.outcome === "wrote";
}

/** The tenant's own record; undefined while nobody has set anything. */
export async function loadTenantSettings(
  store: Store,
  tenant: string,
): Promise<Versioned<TenantSettings> | undefined> {
  const record = await store.get(keys.tenantSettings(tenant));
  if (record === undefined) return undefined;
  return { body: record.body as unknown as TenantSettings, version: record.version };
}

/** True when it was written; false when another writer was faster. */
export async function saveTenantSettings(
  store: Store,
  settings: TenantSettings,
  expect: Expectation,
): Promise<boolean> {
  const key = keys.tenantSettings(settings.tenant);
  const result = await store.write([
    { kind: "put", expect, record: { key, type: "tenant", body: settings } },
  ]);
  return result.outcome === "wrote";
}

export function groupNotFound(name: string): Rejection {
  return {
    code: "group_not_found",
    detail: `there is no group "${name}"`,
    pointer: "name",
    suggestion: "list the groups with GET /v1/groups, or define it with PUT /v1/groups/{name}",
  };
}
