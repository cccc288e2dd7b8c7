import { keys } from "../../shared/contract/keys.ts";
import { assert } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Decision, Effect, InstanceCommand } from "../../shared/instance/commands.ts";
import { decide } from "../../shared/instance/decide.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { Change, Conflict, NewRecord, Store } from "../../shared/ports/store.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import { gatesGivenBack, givenBackBy } from "../gates/release.ts";
import type { RecordingEngine } from "./engine.ts";
import { turnOfGate } from "./turns.ts";

export async function loadInstance(
  store: Store,
  tenant: string,
  id: string,
): Promise<Instance | undefined> {
  const record = await store.get(keys.instance(tenant, id));
  if (record === undefined) return undefined;
  const instance = record.body as unknown as Instance;
  assert(instance.version === record.version, `record and body of ${id} disagree on the version`);
  return instance;
}

/** Finished instances may be deleted after the keeping time; open ones never. */
export function instanceRecord(instance: Instance): NewRecord<Instance> {
  return {
    key: keys.instance(instance.tenant, instance.id),
    type: "instance",
    body: instance,
    ...(isTerminal(instance.state) && instance.finishedAtMs !== undefined
      ? { expiresAtMs: instance.finishedAtMs + limits.finishedKeepDaysDefault * 86_400_000 }
      : {}),
  };
}

export type Applied =
  | {
      readonly outcome: "changed";
      readonly instance: Instance;
      readonly effects: readonly Effect[];
      readonly reason: string;
      /** The lines in which somebody may go on now, once for each slot or sum that was given back. */
      readonly freed: readonly string[];
    }
  | { readonly outcome: "unchanged"; readonly instance: Instance; readonly reason: string }
  | {
      readonly outcome: "rejected";
      readonly instance: Instance;
      readonly decision: Extract<Decision, { outcome: "rejected" }>;
    }
  | { readonly outcome: "missing" }
  /** Others kept winning; nothing was changed by us. */
  | { readonly outcome: "contended" };

/**
 * Load → decide → save, again while others win the race, a bounded number of times.
 * `extra` adds changes to the same atomic write, such as the attempt's log. `known` saves the first
 * load for who has just loaded or saved the instance: if others wrote since, the race is lost.
 */
export async function applyCommand(
  engine: RecordingEngine,
  tenant: string,
  id: string,
  commandFor: (instance: Instance, definition: TaskVersion) => InstanceCommand,
  extra: readonly Change[] = [],
  known?: Instance,
): Promise<Applied> {
  let instance = known ?? (await loadInstance(engine.store, tenant, id));
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    if (instance === undefined) return { outcome: "missing" };
    const definition = await definitionOf(engine, instance);
    const command = commandFor(instance, definition);
    const decision = decide(instance, command, {
      nowMs: engine.clock.now(),
      retry: definition.spec.retry,
    });
    if (decision.outcome === "rejected") return { outcome: "rejected", instance, decision };
    if (decision.outcome === "unchanged") {
      return { outcome: "unchanged", instance, reason: decision.reason };
    }
    const saved = await saveInstance(engine, instance, decision.next, extra);
    if (saved.outcome === "wrote") {
      logDecision(engine, instance, decision.next, decision.reason);
      return {
        outcome: "changed",
        instance: decision.next,
        effects: decision.effects,
        reason: decision.reason,
        freed: saved.freed,
      };
    }
    instance = saved.current;
  }
  return { outcome: "contended" };
}

export type Saved =
  | { readonly outcome: "wrote"; readonly freed: readonly string[] }
  | {
      readonly outcome: "lost";
      readonly current: Instance | undefined;
      /** Of the extra changes, by their places among them. */
      readonly extraConflicts: readonly Conflict[];
    };

/**
 * Saves the next version on the condition that nobody else wrote in between. When it ends an attempt,
 * what that attempt held is given back by the same write: so it is never lost, and never given twice.
 */
export async function saveInstance(
  { store, turns }: Pick<RecordingEngine, "store" | "turns">,
  present: Instance,
  next: Instance,
  extra: readonly Change[] = [],
): Promise<Saved> {
  const wanted = gatesGivenBack(present, next);
  if (wanted.length === 0) return saveOnce(store, present, next, extra);
  const names = wanted.map((gate) => turnOfGate(present.tenant, gate));
  const save = (): Promise<Saved> => saveOnce(store, present, next, extra);
  return turns === undefined ? save() : turns.inTurn(names, save);
}

async function saveOnce(
  store: Store,
  present: Instance,
  next: Instance,
  extra: readonly Change[],
): Promise<Saved> {
  for (let tries = 0; tries < limits.gateRetriesMax; tries++) {
    const returned = await givenBackBy(store, present, next);
    const result = await store.write([
      { kind: "put", record: instanceRecord(next), expect: present.version },
      ...extra,
      ...returned.changes,
    ]);
    if (result.outcome === "wrote") return { outcome: "wrote", freed: returned.lines };
    const own = result.conflicts.find(({ changeIndex }) => changeIndex === 0);
    const extraConflicts = result.conflicts
      .filter(({ changeIndex }) => changeIndex > 0 && changeIndex <= extra.length)
      .map((conflict) => ({ ...conflict, changeIndex: conflict.changeIndex - 1 }));
    if (own !== undefined) {
      const current = own.current?.body as unknown as Instance | undefined;
      return { outcome: "lost", current, extraConflicts };
    }
    // Others took or gave back slots of the same gates: what is given back is made out anew.
    if (extraConflicts.length === 0) continue;
    const current = await loadInstance(store, present.tenant, present.id);
    return { outcome: "lost", current, extraConflicts };
  }
  const current = await loadInstance(store, present.tenant, present.id);
  return { outcome: "lost", current, extraConflicts: [] };
}

/** Versions are immutable and never deleted while instances refer to them. */
export async function definitionOf(
  engine: RecordingEngine,
  instance: Instance,
): Promise<TaskVersion> {
  const { tenant, task, taskVersion } = instance;
  const definition = await engine.definitions.version(tenant, task, taskVersion);
  assert(definition !== undefined, `version ${taskVersion} of task ${task} is missing`);
  return definition;
}

function logDecision(engine: RecordingEngine, from: Instance, to: Instance, reason: string): void {
  engine.log.debug("instance changed", {
    instanceId: to.id,
    task: to.task,
    from: from.state,
    to: to.state,
    version: to.version,
    attempt: to.attemptCount,
    reason,
  });
}
