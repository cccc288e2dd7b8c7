import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Group, Pause, TenantSettings } from "../../shared/group/group.ts";
import { pauseOfGroup, pauseOfTenant } from "../../shared/limit/pauses.ts";
import { releaseHeld } from "../gates/release-held.ts";
import {
  groupNotFound,
  loadGroup,
  loadTenantSettings,
  saveGroup,
  saveTenantSettings,
} from "../groups/group-records.ts";
import type { Engine } from "../runtime/engine.ts";
import { contended } from "./limit-records.ts";

/** Holds back every start of the group's instances from now on. Pausing twice keeps the first pause. */
export async function pauseGroup(
  engine: Engine,
  context: TenantContext,
  name: string,
  reason: string | undefined,
): Promise<Group> {
  const paused = pauseOf(engine, context, reason);
  return changeGroup(engine, context.tenant, name, (group) =>
    group.paused === undefined ? { ...group, paused } : group,
  );
}

/** Lets the group run again and its held instances go. */
export async function resumeGroup(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  reason: string | undefined,
): Promise<Group> {
  const group = await changeGroup(engine, tenant, name, (present) => {
    const { paused, ...running } = present;
    return paused === undefined ? present : running;
  });
  const why = `${actor} resumed the group${because(reason)}`;
  const released = await releaseHeld(engine, tenant, pauseOfGroup(name), why);
  engine.log.info("group resumed", { group: name, released });
  return group;
}

/** Stops the whole tenant; asked again, the first time and person stay, but the kind is the new one. */
export async function stopTenant(
  engine: Engine,
  context: TenantContext,
  kind: "paused" | "off",
  reason: string | undefined,
): Promise<TenantSettings> {
  const stopped = { ...pauseOf(engine, context, reason), kind };
  const settings = await changeTenant(engine, context, (present) =>
    present.stopped?.kind === kind ? present : { ...present, stopped },
  );
  engine.log.warn("tenant stopped", { kind, actor: context.actor });
  return settings;
}

/** Lets the tenant's work start again, and who is held go. */
export async function resumeTenant(
  engine: Engine,
  context: TenantContext,
  reason: string | undefined,
): Promise<TenantSettings> {
  const settings = await changeTenant(engine, context, (present) => {
    const { stopped, ...running } = present;
    return stopped === undefined ? present : running;
  });
  const why = `${context.actor} resumed the tenant${because(reason)}`;
  const released = await releaseHeld(engine, context.tenant, pauseOfTenant, why);
  engine.log.info("tenant resumed", { released });
  return settings;
}

function pauseOf({ clock }: Engine, { actor }: TenantContext, reason: string | undefined): Pause {
  return { atMs: clock.now(), by: actor, ...(reason === undefined ? {} : { reason }) };
}

function because(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${reason}`;
}

async function changeGroup(
  engine: Engine,
  tenant: string,
  name: string,
  change: (group: Group) => Group,
): Promise<Group> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadGroup(engine.store, tenant, name);
    if (present === undefined) throw new RejectionError(groupNotFound(name));
    const next = change(present.body);
    if (next !== present.body && !(await saveGroup(engine.store, next, present.version))) continue;
    engine.gates.forget(tenant);
    return next;
  }
  throw contended(`the group ${name}`);
}

async function changeTenant(
  engine: Engine,
  { tenant, actor }: TenantContext,
  change: (settings: TenantSettings) => TenantSettings,
): Promise<TenantSettings> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadTenantSettings(engine.store, tenant);
    const body: TenantSettings = present?.body ?? {
      tenant,
      spec: {},
      updatedAtMs: engine.clock.now(),
      updatedBy: actor,
    };
    const next = change(body);
    if (next === body) return body;
    const saved = { ...next, updatedAtMs: engine.clock.now(), updatedBy: actor };
    if (!(await saveTenantSettings(engine.store, saved, present?.version ?? "absent"))) continue;
    engine.gates.forget(tenant);
    return saved;
  }
  throw contended("the tenant's settings");
}
