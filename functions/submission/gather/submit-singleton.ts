import { type Rejection, TransientError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Change, Conflict, Key, StoredRecord } from "../../../shared/ports/store.ts";
import type { Singleton } from "../../../shared/task/gathering.ts";
import { hintNextWaiters } from "../../gates/next-waiters.ts";
import type { Engine } from "../../runtime/engine.ts";
import { definitionOf, instanceRecord, saveInstance } from "../../runtime/instances.ts";
import { notAcknowledged } from "../../runtime/result.ts";
import { hintFor } from "../../runtime/wake-hints.ts";
import type { OwnSubmitResult } from "../submit-instances.ts";
import { claimOfUpload, uploadTaken } from "../uploaded-inputs.ts";
import { type Arrival, holderOfLock, lockChange } from "./arrival.ts";
import { answerOfJoined, instancesJoined, joinedChanges, joinedKeyOf, repeatOf } from "./joined.ts";

/** Everything that one try goes by, read at its beginning. */
interface Scene {
  readonly lockKey: Key;
  readonly lock: StoredRecord | undefined;
  readonly joined: StoredRecord | undefined;
}

/**
 * Opens the arrival's instance unless another of its task and key is open; then its task says what
 * happens. The lock is written with the instance and never given back: whoever finds its holder
 * finished takes it over, on the condition that nobody else has.
 */
export async function submitSingleton(
  engine: Engine,
  lockKey: Key,
  policy: Singleton["onConflict"],
  arrival: Arrival,
): Promise<OwnSubmitResult> {
  try {
    for (let tries = 0; tries < limits.casRetriesMax; tries++) {
      const result = await tryOnce(engine, lockKey, policy, arrival);
      if (result !== "lost") return result;
    }
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    engine.log.warn("submission not acknowledged", { key: lockKey.sk, cause: error.message });
    return refused(notAcknowledged);
  }
  engine.log.warn("submission refused after lost races", { key: lockKey.sk });
  return refused({
    code: "too_many_requests",
    detail: "too many submit to the same singleton at once; nothing was acknowledged",
    suggestion: "submit again with the same idempotency key",
  });
}

async function tryOnce(
  engine: Engine,
  lockKey: Key,
  policy: Singleton["onConflict"],
  arrival: Arrival,
): Promise<OwnSubmitResult | "lost"> {
  const { store } = engine;
  const { instance } = arrival.prepared;
  const known = arrival.isKnownById ? [joinedKeyOf(arrival)] : [];
  const [lock, joined] = await store.getMany([lockKey, ...known]);
  const holderId = holderOfLock(lock);
  const instances = await instancesJoined(store, instance.tenant, [joined], holderId);
  const answer = answerOfJoined(arrival, joined, instances);
  if (answer !== undefined) return answer;
  const scene = { lockKey, lock, joined };
  const holder = holderId === undefined ? undefined : instances.get(holderId);
  if (holder === undefined || isTerminal(holder.state)) return open(engine, scene, arrival);
  switch (policy) {
    case "return":
      return joinHolder(engine, scene, arrival, holder);
    case "refuse":
      return refused(singletonOpen(holder));
    case "replace":
      return replaceHolder(engine, scene, arrival, holder);
  }
}

async function open(
  engine: Engine,
  scene: Scene,
  arrival: Arrival,
): Promise<OwnSubmitResult | "lost"> {
  const { instance } = arrival.prepared;
  const base: readonly Change[] = [
    { kind: "put", record: instanceRecord(instance), expect: "absent" },
    ...ownChanges(engine, scene, arrival),
  ];
  const written = await engine.store.write([...base, ...extraChanges(arrival, instance)]);
  if (written.outcome === "wrote") {
    await hint(engine, [instance]);
    return { outcome: "accepted", instance, repeated: false };
  }
  return whenOpeningLost(arrival, written.conflicts, base);
}

function extraChanges({ extraOf }: Arrival, { id }: Instance): readonly Change[] {
  return extraOf?.(id) ?? [];
}

function whenOpeningLost(
  arrival: Arrival,
  conflicts: readonly Conflict[],
  base: readonly Change[],
): OwnSubmitResult | "lost" {
  const own = conflicts.find(({ changeIndex }) => changeIndex === 0)?.current;
  // The key made an instance before its task was a singleton.
  if (own !== undefined) return repeatOf(arrival, own.body as unknown as Instance);
  return whenLost(arrival, conflicts, base);
}

/** The lock, what the arrival became, and its upload. */
function ownChanges(
  engine: Engine,
  { lockKey, lock, joined }: Scene,
  arrival: Arrival,
): readonly Change[] {
  const { instance } = arrival.prepared;
  const { id, inputRef } = instance;
  return [
    lockChange(lockKey, lock, id),
    ...joinedChanges(arrival, id, joined, engine.clock.now()),
    ...(inputRef === undefined ? [] : [claimOfUpload(instance, inputRef)]),
  ];
}

/** The submission is answered with the open instance, and so will its repeats be. */
async function joinHolder(
  engine: Engine,
  { lockKey, lock, joined }: Scene,
  arrival: Arrival,
  holder: Instance,
): Promise<OwnSubmitResult | "lost"> {
  const extra = extraChanges(arrival, holder);
  // Whoever has changes of its own asks whether these had been made before; they have not.
  const repeated = arrival.extraOf === undefined;
  const result = { outcome: "accepted", instance: holder, repeated } as const;
  const written = joinedChanges(arrival, holder.id, joined, engine.clock.now());
  if (written.length + extra.length === 0) return result;
  const base: readonly Change[] = [
    { kind: "check", key: lockKey, expect: lock?.version ?? "absent" },
    ...written,
  ];
  const saved = await engine.store.write([...base, ...extra]);
  return saved.outcome === "wrote" ? result : whenLost(arrival, saved.conflicts, base);
}

/** One write ends the open instance, opens the new one and hands it the lock. */
async function replaceHolder(
  engine: Engine,
  scene: Scene,
  arrival: Arrival,
  holder: Instance,
): Promise<OwnSubmitResult | "lost"> {
  const { instance } = arrival.prepared;
  const { spec } = await definitionOf(engine, holder);
  const cancelled = decide(
    holder,
    { name: "cancel", actor: arrival.actor, reason: `replaced by ${instance.id}` },
    { nowMs: engine.clock.now(), retry: spec.retry },
  );
  if (cancelled.outcome !== "changed") return "lost";
  const base: readonly Change[] = [
    { kind: "put", record: instanceRecord(instance), expect: "absent" },
    ...ownChanges(engine, scene, arrival),
  ];
  const saved = await saveInstance(engine, holder, cancelled.next, [
    ...base,
    ...extraChanges(arrival, instance),
  ]);
  if (saved.outcome === "lost") return whenOpeningLost(arrival, saved.extraConflicts, base);
  await hint(engine, [cancelled.next, instance]);
  await hintNextWaiters(engine, instance.tenant, saved.freed);
  return { outcome: "accepted", instance, repeated: false };
}

/** Whether it is worth another try: not when what failed will fail again. */
function whenLost(
  arrival: Arrival,
  conflicts: readonly Conflict[],
  base: readonly Change[],
): OwnSubmitResult | "lost" {
  const [conflict] = conflicts;
  const { inputRef } = arrival.prepared.instance;
  const isOnlyUpload =
    conflicts.length === 1 &&
    inputRef !== undefined &&
    conflict?.changeIndex === base.length - 1 &&
    conflict.current?.type === "payload-claim";
  if (isOnlyUpload) return refused(uploadTaken(inputRef, conflict));
  const ofExtra = conflicts.filter(({ changeIndex }) => changeIndex >= base.length);
  if (ofExtra.length === 0 || ofExtra.length < conflicts.length) return "lost";
  const start = base.length;
  return {
    outcome: "overtaken",
    conflicts: ofExtra.map((each) => ({ ...each, changeIndex: each.changeIndex - start })),
  };
}

/** What was opened is to start, and what was cancelled to be stopped. */
async function hint(engine: Engine, instances: readonly Instance[]): Promise<void> {
  const nowMs = engine.clock.now();
  const hints = instances.flatMap((instance) => {
    const { tenant, id: instanceId, priority } = instance;
    if (instance.attempts.at(-1)?.outcome === "cancelled") {
      return [{ tenant, instanceId, priority }];
    }
    const due = hintFor(instance, nowMs);
    return due === undefined ? [] : [due];
  });
  if (hints.length > 0) await engine.hints.send(hints);
}

/** Why there can be no second open instance. */
export function singletonOpen({ id, task, state }: Instance): Rejection {
  return {
    code: "singleton_open",
    detail: `the task ${task} allows one open instance at a time, and ${id} is ${state}`,
    suggestion: `wait for ${id} to finish, or cancel it`,
  };
}

function refused(rejection: Rejection): OwnSubmitResult {
  return { outcome: "rejected", rejection };
}
