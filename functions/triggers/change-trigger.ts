import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Trigger } from "../../shared/event/trigger.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import {
  contendedTrigger,
  loadTrigger,
  saveTrigger,
  tellOfTrigger,
  triggerNotFound,
} from "./trigger-records.ts";

/** The trigger; throws a RejectionError when there is none. */
export async function getTrigger(
  store: Engine["store"],
  tenant: string,
  name: string,
): Promise<Trigger> {
  const loaded = await loadTrigger(store, tenant, name);
  if (loaded === undefined) throw new RejectionError(triggerNotFound(name));
  return loaded.trigger;
}

/** The tenant's triggers in the order of their names. */
export async function listTriggers(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly triggers: readonly Trigger[]; readonly nextCursor?: string }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.trigger(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listTriggers", filters: {} },
    },
    query,
  );
  return { triggers: records.map(({ body }) => body as unknown as Trigger), ...next };
}

/** Lets events pass by until it is resumed; pausing it again changes nothing. */
export function pauseTrigger(
  engine: Engine,
  context: TenantContext,
  name: string,
  reason: string | undefined,
): Promise<Trigger> {
  return change(engine, context, name, (trigger, nowMs) => {
    if (trigger.paused !== undefined) return undefined;
    const why = reason === undefined ? {} : { reason };
    return { ...trigger, paused: { atMs: nowMs, by: context.actor, ...why } };
  });
}

/** Takes events again from now on; those that came meanwhile have passed by. */
export function resumeTrigger(
  engine: Engine,
  context: TenantContext,
  name: string,
): Promise<Trigger> {
  return change(engine, context, name, ({ paused, ...trigger }) =>
    paused === undefined ? undefined : trigger,
  );
}

/** Deletes a trigger; the instances that it made go on. */
export async function deleteTrigger(
  engine: Engine,
  { tenant }: TenantContext,
  name: string,
): Promise<void> {
  const { store, log } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadTrigger(store, tenant, name);
    if (present === undefined) throw new RejectionError(triggerNotFound(name));
    const result = await store.write([
      { kind: "delete", key: keys.trigger(tenant, name), expect: present.version },
    ]);
    if (result.outcome === "lost") continue;
    await tellOfTrigger(engine, tenant, name);
    log.info("trigger deleted", { trigger: name });
    return;
  }
  throw new RejectionError(contendedTrigger(name));
}

/** Nothing is written where the change has nothing to say. */
async function change(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  changed: (trigger: Trigger, nowMs: number) => Trigger | undefined,
): Promise<Trigger> {
  const { store, clock, log } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadTrigger(store, tenant, name);
    if (present === undefined) throw new RejectionError(triggerNotFound(name));
    const nowMs = clock.now();
    const next = changed(present.trigger, nowMs);
    if (next === undefined) return present.trigger;
    const touched = { ...next, updatedAtMs: nowMs, updatedBy: actor };
    const saved = await saveTrigger(engine, touched, present.version);
    if (saved === undefined) continue;
    log.info("trigger changed", { trigger: name, paused: saved.paused !== undefined });
    return saved;
  }
  throw new RejectionError(contendedTrigger(name));
}
