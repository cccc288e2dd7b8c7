import { InvariantError, type Rejection, TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { Change } from "../../shared/ports/store.ts";
import { decideSlots, type SlotDecision } from "../../shared/schedule/decide-slots.ts";
import type { FireRules } from "../../shared/schedule/fires.ts";
import type { Schedule, Slot } from "../../shared/schedule/schedule.ts";
import { slotOrder } from "../../shared/schedule/slot-order.ts";
import { withInstance, withSlot } from "../../shared/schedule/slot-times.ts";
import type { Engine } from "../runtime/engine.ts";
import { applyCommand, loadInstance } from "../runtime/instances.ts";
import { hintSchedule } from "../runtime/schedule-hints.ts";
import {
  type LoadedSchedule,
  loadSchedule,
  putSchedule,
  putSlot,
  slotKey,
  slotSeed,
} from "../runtime/schedule-records.ts";
import { loadFireRules } from "../runtime/schedule-rules.ts";
import { submitSlot } from "../schedules/submit-slot.ts";

/**
 * Re-reads a schedule and settles the slots that are due, each by one write: an instance, or a note
 * why there is none. Harmless when repeated, late, early or pointless; what one look does not get
 * through is left to the next.
 */
export async function lookAtSchedule(engine: Engine, tenant: string, name: string): Promise<void> {
  let loaded = await loadSchedule(engine.store, tenant, name);
  let steps = 0;
  while (loaded !== undefined && steps < limits.slotsPerLook) {
    const { schedule } = loaded;
    const nowMs = engine.clock.now();
    const from = Math.min(schedule.handledMs, nowMs);
    const rules = await loadFireRules(engine, schedule, from, nowMs);
    const decision = decideSlots(schedule, {
      nowMs,
      slots: slotOrder(rules, schedule.sinceMs),
      latestIsOpen: await isLatestOpen(engine, schedule),
      wakeGraceMs: engine.slotGraceMs ?? 0,
    });
    if (decision.kind === "rest") break;
    loaded = await carryOut(engine, loaded, rules, decision);
    steps += 1;
  }
  if (loaded === undefined) return;
  const hasMore = steps === limits.slotsPerLook;
  await hintSchedule(engine, loaded.schedule, hasMore ? "now" : "in time");
}

async function carryOut(
  engine: Engine,
  loaded: LoadedSchedule,
  rules: FireRules,
  decision: Exclude<SlotDecision, { kind: "rest" }>,
): Promise<LoadedSchedule | undefined> {
  switch (decision.kind) {
    case "fire":
      return fire(engine, loaded, rules, decision);
    case "pass":
      return settle(engine, loaded, decision.next, decision.slot);
    case "note":
      return settle(engine, loaded, decision.next);
  }
}

async function fire(
  engine: Engine,
  loaded: LoadedSchedule,
  rules: FireRules,
  { fire: { effectiveMs }, slot, next, cancel }: Extract<SlotDecision, { kind: "fire" }>,
): Promise<LoadedSchedule | undefined> {
  const { tenant, name, spec, generation } = loaded.schedule;
  const { nominalMs } = slot;
  if (cancel !== undefined) await makeRoom(engine, loaded.schedule, cancel, nominalMs);
  const id = engine.ids.derivedInstanceId(tenant, slotSeed(name, generation, nominalMs));
  const result = await submitSlot(engine, {
    tenant,
    schedule: name,
    spec,
    rules,
    id,
    origin: { generation, nominalAtMs: nominalMs },
    startAtMs: effectiveMs,
    extra: (instanceId) => [
      putSlot(tenant, name, { ...slot, instanceId }),
      putSchedule(withInstance(next, slot, instanceId), loaded.version),
    ],
  });
  switch (result.outcome) {
    case "accepted": {
      if (result.repeated) {
        const found = { ...slot, instanceId: result.instance.id };
        return settleAsFound(engine, loaded, withInstance(next, slot, found.instanceId), found);
      }
      const instanceId = result.instance.id;
      engine.log.debug("slot fired", { schedule: name, instanceId, nominalMs });
      const fired = withInstance(next, slot, instanceId);
      return { schedule: fired, version: loaded.version + 1 };
    }
    case "overtaken": {
      const known = await engine.store.get(slotKey(tenant, name, slot));
      // Mostly the schedule has moved on. A store may also refuse what contends with a write that
      // came to nothing: then the slot is still free, and is decided upon again.
      if (known === undefined) return loadSchedule(engine.store, tenant, name);
      const found = { ...slot, instanceId: id };
      return settleAsFound(engine, loaded, withInstance(next, slot, id), found);
    }
    case "rejected":
      return settleRefused(engine, loaded, next, slot, result.rejection);
    case "planned":
      throw new InvariantError(`the slot ${nominalMs} of ${name} was only planned`);
  }
}

/** A refusal is final for its slot: it would only be refused again. Faults of the world are not. */
function settleRefused(
  engine: Engine,
  loaded: LoadedSchedule,
  next: Schedule,
  { reason: _, ...slot }: Slot,
  { code, detail }: Rejection,
): Promise<LoadedSchedule | undefined> {
  if (code === "unavailable" || code === "internal_error") throw new TransientError(detail);
  const { name } = loaded.schedule;
  engine.log.warn("slot refused", { schedule: name, nominalMs: slot.nominalMs, code });
  const missed: Slot = { ...slot, outcome: "missed", reason: `${code}: ${detail}` };
  return settle(engine, loaded, { ...next, recent: withSlot(next.recent, missed) }, missed);
}

/** Writes how the schedule goes on, with the slot that is settled by it. */
async function settle(
  engine: Engine,
  loaded: LoadedSchedule,
  next: Schedule,
  slot?: Slot,
): Promise<LoadedSchedule | undefined> {
  const { tenant, name } = next;
  const changes: Change[] = [putSchedule(next, loaded.version)];
  if (slot !== undefined) changes.push(putSlot(tenant, name, slot));
  const result = await engine.store.write(changes);
  if (result.outcome === "wrote") return { schedule: next, version: loaded.version + 1 };
  return slot === undefined
    ? loadSchedule(engine.store, tenant, name)
    : settleAsFound(engine, loaded, next, slot);
}

/**
 * Somebody has settled the slot already. Mostly the schedule says so, too, when it is read again; if
 * not, it is moved on, or it would try the same slot for ever.
 */
async function settleAsFound(
  engine: Engine,
  loaded: LoadedSchedule,
  next: Schedule,
  slot: Slot,
): Promise<LoadedSchedule | undefined> {
  const { tenant, name } = next;
  const [present, known] = await Promise.all([
    loadSchedule(engine.store, tenant, name),
    engine.store.get(slotKey(tenant, name, slot)),
  ]);
  if (present?.version !== loaded.version) return present;
  const moved = putSchedule(next, loaded.version);
  await engine.store.write(known === undefined ? [moved, putSlot(tenant, name, slot)] : [moved]);
  return loadSchedule(engine.store, tenant, name);
}

/** Only asked where the answer matters. */
async function isLatestOpen(
  { store }: Engine,
  { tenant, spec, latest, queued, state }: Schedule,
): Promise<boolean> {
  const matters = state === "active" && (queued !== undefined || spec.overlap !== "allow");
  if (latest === undefined || !matters) return false;
  const instance = await loadInstance(store, tenant, latest.instanceId);
  return instance !== undefined && !isTerminal(instance.state);
}

/** The instance is over as soon as this is written; whoever follows the hint stops its attempt. */
async function makeRoom(
  engine: Engine,
  { tenant, name }: Schedule,
  instanceId: string,
  nominalMs: number,
): Promise<void> {
  const applied = await applyCommand(engine, tenant, instanceId, () => ({
    name: "cancel",
    actor: `schedule/${name}`,
    reason: `makes room for the slot of ${new Date(nominalMs).toISOString()}`,
  }));
  if (applied.outcome === "contended") {
    throw new TransientError(`others keep changing ${instanceId}; its schedule looks again`);
  }
  if (applied.outcome === "changed" || applied.outcome === "unchanged") {
    const { priority } = applied.instance;
    await engine.hints.send([{ tenant, instanceId, priority }]);
  }
}
