import { keys } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import type { Trigger } from "../../shared/event/trigger.ts";
import type { Expectation, Store } from "../../shared/ports/store.ts";
import { mirrorAsked, mirrorWakeAtMs } from "../../shared/schedule/mirrored.ts";
import type { Engine } from "../runtime/engine.ts";

/** A trigger with the version that a change of it must expect. */
export interface LoadedTrigger {
  readonly trigger: Trigger;
  readonly version: number;
}

export async function loadTrigger(
  store: Store,
  tenant: string,
  name: string,
): Promise<LoadedTrigger | undefined> {
  const record = await store.get(keys.trigger(tenant, name));
  if (record === undefined) return undefined;
  return { trigger: record.body as unknown as Trigger, version: record.version };
}

/**
 * Saves a trigger that was changed, and has those outside told of it; undefined when another writer
 * was faster.
 */
export async function saveTrigger(
  engine: Engine,
  { mirror: _, wakeAtMs: __, ...changed }: Trigger,
  expect: Expectation,
): Promise<Trigger | undefined> {
  const { store, recordHints, clock } = engine;
  const mirror = mirrorAsked(recordHints?.mirrors, clock.now());
  const wakeAtMs = mirrorWakeAtMs(mirror);
  const trigger: Trigger = {
    ...changed,
    ...(mirror === undefined ? {} : { mirror }),
    ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
  };
  const { tenant, name } = trigger;
  const key = keys.trigger(tenant, name);
  const result = await store.write([
    { kind: "put", expect, record: { key, type: "trigger", body: trigger } },
  ]);
  if (result.outcome === "lost") return undefined;
  await tellOfTrigger(engine, tenant, name);
  return trigger;
}

/** Lost hints cost time only: the trigger's wake, or a sweep, comes back to it. */
export async function tellOfTrigger(
  { recordHints, triggers }: Engine,
  tenant: string,
  name: string,
): Promise<void> {
  triggers?.forget(tenant);
  if (recordHints?.mirrors === true) {
    await recordHints.send([{ kind: "mirror", of: "trigger", tenant, name }]);
  }
}

export function triggerNotFound(name: string): Rejection {
  return {
    code: "trigger_not_found",
    detail: `there is no trigger "${name}"`,
    pointer: "name",
    suggestion:
      "list the triggers with GET /v1/triggers, or define this one with PUT /v1/triggers/{name}",
  };
}

export function contendedTrigger(name: string): Rejection {
  return {
    code: "conflict",
    detail: `others keep changing the trigger ${name}; nothing was changed`,
    suggestion: "try again",
  };
}
