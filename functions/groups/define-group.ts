import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Group, GroupSpec, TenantSettings, TenantSpec } from "../../shared/group/group.ts";
import { gates } from "../../shared/limit/gate-names.ts";
import { hintLinesOf } from "../gates/next-waiters.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { hintWaitingForMoney } from "./budget-waiters.ts";
import { groupInUse } from "./group-members.ts";
import {
  groupNotFound,
  loadGroup,
  loadTenantSettings,
  saveGroup,
  saveTenantSettings,
} from "./group-records.ts";

/** Makes a group, or replaces what it says; a pause of it stays. */
export async function defineGroup(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  spec: GroupSpec,
): Promise<{ readonly group: Group; readonly created: boolean }> {
  const { store, clock, log } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadGroup(store, tenant, name);
    if (present === undefined) await refuseTooMany(store, tenant);
    const nowMs = clock.now();
    const group: Group = {
      ...(present?.body ?? { createdAtMs: nowMs }),
      tenant,
      name,
      spec,
      updatedAtMs: nowMs,
      updatedBy: actor,
    };
    if (!(await saveGroup(store, group, present?.version ?? "absent"))) continue;
    engine.gates.forget(tenant);
    await hintWaitingForMoney(engine, tenant, gates.group(name));
    await hintLinesOf(engine, tenant, gates.group(name));
    log.info("group defined", { group: name, created: present === undefined });
    return { group, created: present === undefined };
  }
  throw contended(`the group ${name}`);
}

async function refuseTooMany(store: Engine["store"], tenant: string): Promise<void> {
  const present = await store.query({
    index: "primary",
    partition: keys.group(tenant, "").pk,
    order: "ascending",
    limit: limits.groupsMax,
  });
  if (present.length < limits.groupsMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `there are ${limits.groupsMax} groups already, and no more are possible`,
    suggestion: "delete one that is no longer used",
  });
}

/** The group; throws a RejectionError when there is none. */
export async function getGroup(
  store: Engine["store"],
  tenant: string,
  name: string,
): Promise<Group> {
  const loaded = await loadGroup(store, tenant, name);
  if (loaded === undefined) throw new RejectionError(groupNotFound(name));
  return loaded.body;
}

/** The tenant's groups in the order of their names. */
export async function listGroups(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly groups: readonly Group[]; readonly nextCursor?: string }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.group(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listGroups", filters: {} },
    },
    query,
  );
  return { groups: records.map(({ body }) => body as unknown as Group), ...next };
}

/** Deletes a group that nothing names any more, so that nobody loses bounds by a slip. */
export async function deleteGroup(
  engine: Engine,
  { tenant }: TenantContext,
  name: string,
): Promise<void> {
  const { store, log } = engine;
  const present = await loadGroup(store, tenant, name);
  if (present === undefined) throw new RejectionError(groupNotFound(name));
  const inUse = await groupInUse(engine, tenant, name);
  if (inUse !== undefined) throw new RejectionError(inUse);
  const result = await store.write([
    { kind: "delete", key: keys.group(tenant, name), expect: present.version },
  ]);
  if (result.outcome === "lost") throw contended(`the group ${name}`);
  engine.gates.forget(tenant);
  log.info("group deleted", { group: name });
}

/** Replaces what bounds the tenant; whether it is stopped stays as it is. */
export async function setTenantBounds(
  engine: Engine,
  { tenant, actor }: TenantContext,
  spec: TenantSpec,
): Promise<TenantSettings> {
  const { store, clock, log } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadTenantSettings(store, tenant);
    const settings: TenantSettings = {
      ...present?.body,
      tenant,
      spec,
      updatedAtMs: clock.now(),
      updatedBy: actor,
    };
    if (!(await saveTenantSettings(store, settings, present?.version ?? "absent"))) continue;
    engine.gates.forget(tenant);
    await hintWaitingForMoney(engine, tenant, gates.tenant);
    await hintLinesOf(engine, tenant, gates.tenant);
    log.info("tenant's bounds set", {});
    return settings;
  }
  throw contended("the tenant's settings");
}

function contended(what: string): RejectionError {
  return new RejectionError({
    code: "conflict",
    detail: `others keep changing ${what}; nothing was changed`,
    suggestion: "try again",
  });
}
