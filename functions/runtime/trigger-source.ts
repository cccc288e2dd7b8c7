import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { compilePattern } from "../../shared/event/compile-pattern.ts";
import { type CompiledPattern, isPatternErrors } from "../../shared/event/pattern.ts";
import type { Trigger } from "../../shared/event/trigger.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Store } from "../../shared/ports/store.ts";
import { ShortMemory } from "./short-memory.ts";

/** A trigger whose pattern is ready to be asked. */
export interface ReadyTrigger {
  readonly trigger: Trigger;
  readonly pattern: CompiledPattern;
}

/** The triggers of tenants, for events that are for nobody in particular. */
export interface TriggerSource {
  /** Also paused ones; the answer may be a moment old. */
  all(tenant: string): Promise<readonly ReadyTrigger[]>;
  /** This process has changed one of them. */
  forget(tenant: string): void;
}

interface TriggerDeps {
  readonly store: Store;
  readonly log: Log;
}

/** Remembers a tenant's triggers for `limits.routingFactsMs`. */
export function openTriggerSource(deps: TriggerDeps & { readonly clock: Clock }): TriggerSource {
  const known = new ShortMemory<readonly ReadyTrigger[]>(deps.clock);
  return {
    all: (tenant) => known.recall(tenant, () => readTriggers(deps, tenant)),
    forget: (tenant) => known.forget(tenant),
  };
}

/** All triggers of a tenant, as stored now. */
export async function readTriggers(
  deps: TriggerDeps,
  tenant: string,
): Promise<readonly ReadyTrigger[]> {
  const { store } = deps;
  const found = await store.query({
    index: "primary",
    partition: keys.trigger(tenant, "").pk,
    order: "ascending",
    limit: limits.triggersMax,
  });
  if (found.length === 0) return [];
  const records = await store.getMany(found.map(({ key }) => key));
  return records.flatMap((record) => ready(deps, record?.body as Trigger | undefined) ?? []);
}

/** One trigger, as stored now. */
export async function readTrigger(
  deps: TriggerDeps,
  tenant: string,
  name: string,
): Promise<ReadyTrigger | undefined> {
  const record = await deps.store.get(keys.trigger(tenant, name));
  return ready(deps, record?.body as Trigger | undefined);
}

/** A pattern that was accepted once and is not any more: its trigger rests until it is defined anew. */
function ready({ log }: TriggerDeps, trigger: Trigger | undefined): ReadyTrigger | undefined {
  if (trigger === undefined) return undefined;
  const pattern = compilePattern(trigger.spec.pattern);
  if (!isPatternErrors(pattern)) return { trigger, pattern };
  const [{ pointer, message }] = pattern.errors;
  log.error("stored trigger has no valid pattern", { trigger: trigger.name, pointer, message });
  return undefined;
}
