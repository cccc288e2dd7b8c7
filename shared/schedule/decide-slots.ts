import { durationText } from "../core/duration-text.ts";
import { limits } from "../core/limits.ts";
import type { Fire } from "./fires.ts";
import type { Schedule, Slot } from "./schedule.ts";
import { marked, markOf, type SlotFacts } from "./slot-times.ts";

/** The one next thing to do about a schedule; each is carried out by one write. */
export type SlotDecision =
  /** Submit an instance; `cancel` names the one that has to make room for it. */
  | {
      readonly kind: "fire";
      readonly fire: Fire;
      /** As it is kept once the instance is there. */
      readonly slot: Slot;
      readonly cancel?: string;
      /** The schedule as it goes on, still without the new instance. */
      readonly next: Schedule;
    }
  /** A slot, or a run of slots, makes no instance. */
  | { readonly kind: "pass"; readonly slot: Slot; readonly next: Schedule }
  /** No slot is settled, but the schedule has something to remember. */
  | { readonly kind: "note"; readonly next: Schedule }
  | { readonly kind: "rest" };

/**
 * What is to be done now about the slots of a schedule, one step at a time: whoever has carried out
 * a step asks again. Two that ask at once get the same step, and only one of their writes counts.
 */
export function decideSlots(schedule: Schedule, facts: SlotFacts): SlotDecision {
  if (schedule.state !== "active") return { kind: "rest" };
  const { queued } = schedule;
  if (queued !== undefined && !facts.latestIsOpen) return takeUp(schedule, queued, facts);
  const due = facts.slots.due(markOf(schedule), facts.nowMs, limits.missedSlotsPerStep);
  const [first] = due;
  if (first === undefined) return note(schedule, facts);
  const passed = missedSlots(schedule, due, facts);
  const lastPassed = passed.at(-1);
  if (lastPassed !== undefined) {
    const slot = runOf(schedule.generation, passed, "missed", missedReason(schedule), facts.nowMs);
    return { kind: "pass", slot, next: marked(schedule, lastPassed, facts, slot) };
  }
  return fireOrGiveWay(schedule, first, facts);
}

/** One record for slots that met the same end. */
export function runOf(
  generation: number,
  fires: readonly Pick<Fire, "nominalMs">[],
  outcome: "missed" | "skipped",
  reason: string,
  nowMs: number,
): Slot {
  const nominals = fires.map(({ nominalMs }) => nominalMs);
  const count = nominals.length;
  const [first = nowMs] = nominals;
  const run = count > 1 ? { untilMs: nominals.reduce((a, b) => Math.max(a, b)), count } : {};
  return { generation, nominalMs: first, ...run, outcome, atMs: nowMs, reason };
}

/** A slot that fires late is none of these: which ones do is the misfire policy's choice. */
function missedSlots(
  { spec }: Schedule,
  due: readonly Fire[],
  { nowMs }: SlotFacts,
): readonly Fire[] {
  const { policy, max, graceSeconds } = spec.misfire;
  const firstInTime = due.findIndex(
    ({ effectiveMs }) => nowMs - effectiveMs <= graceSeconds * 1_000,
  );
  const missed = firstInTime === -1 ? due : due.slice(0, firstInTime);
  // A slot that is in time stands for those before it; otherwise the newest missed one does.
  const fireOnce = firstInTime === -1 ? 1 : 0;
  const kept = { skip: 0, fire_once: fireOnce, catch_up: max }[policy];
  return missed.slice(0, Math.max(0, missed.length - kept));
}

function missedReason({ spec: { misfire } }: Schedule): string {
  const late = `nobody looked within ${durationText(misfire.graceSeconds * 1_000)} after its time`;
  if (misfire.policy === "skip") return `${late}, and what is missed is skipped`;
  if (misfire.policy === "fire_once") return `${late}, and a newer slot stands for all missed ones`;
  return `${late}, and at most ${misfire.max} missed slots are caught up on`;
}

function fireOrGiveWay(schedule: Schedule, fire: Fire, facts: SlotFacts): SlotDecision {
  const { spec, latest, generation, queued } = schedule;
  const { nowMs } = facts;
  const isLate = nowMs - fire.effectiveMs > spec.misfire.graceSeconds * 1_000;
  const late = isLate ? `${durationText(nowMs - fire.effectiveMs)} late` : undefined;
  const { nominalMs, dueMs } = fire;
  const fired = (more: object, reason = late): SlotDecision => {
    const slot: Slot = {
      generation,
      nominalMs,
      outcome: "fired",
      atMs: nowMs,
      ...(reason === undefined ? {} : { reason }),
    };
    return { kind: "fire", fire, slot, next: marked(schedule, fire, facts), ...more };
  };
  if (spec.overlap === "allow" || latest === undefined || !facts.latestIsOpen) return fired({});
  const cancel = latest.instanceId;
  if (spec.overlap === "cancel_running") {
    return fired({ cancel }, [late, `${cancel} was cancelled for it`].filter(Boolean).join("; "));
  }
  if (spec.overlap === "queue_one" && queued === undefined) {
    return {
      kind: "note",
      next: marked({ ...schedule, queued: { nominalMs, dueMs } }, fire, facts),
    };
  }
  const reason =
    spec.overlap === "skip"
      ? `${latest.instanceId} was not finished yet`
      : `${latest.instanceId} was not finished yet, and another slot waits for that already`;
  const slot = runOf(generation, [fire], "skipped", reason, nowMs);
  return { kind: "pass", slot, next: marked(schedule, fire, facts, slot) };
}

/** The instance that the queued slot waited for is over. */
function takeUp(
  schedule: Schedule,
  { nominalMs, dueMs }: NonNullable<Schedule["queued"]>,
  facts: SlotFacts,
): SlotDecision {
  const { queued: _, ...rest } = schedule;
  const waitedFor = schedule.latest?.instanceId ?? "the instance before it";
  return {
    kind: "fire",
    fire: { nominalMs, dueMs, effectiveMs: dueMs },
    slot: {
      generation: schedule.generation,
      nominalMs,
      outcome: "fired",
      atMs: facts.nowMs,
      reason: `waited ${durationText(facts.nowMs - dueMs)} for ${waitedFor} to finish`,
    },
    next: marked(rest, undefined, facts),
  };
}

/** Nothing is due: at most it is noted when to look again. */
function note(schedule: Schedule, facts: SlotFacts): SlotDecision {
  const next = marked(schedule, undefined, facts);
  const { wakeAtMs } = schedule;
  const isSame =
    next.state === schedule.state &&
    next.nextNominalMs === schedule.nextNominalMs &&
    next.nextDueMs === schedule.nextDueMs &&
    (wakeAtMs === next.wakeAtMs ||
      // One that comes sooner serves as well: moving it would be a write for nothing.
      (wakeAtMs !== undefined &&
        next.wakeAtMs !== undefined &&
        wakeAtMs > facts.nowMs &&
        wakeAtMs < next.wakeAtMs));
  return isSame ? { kind: "rest" } : { kind: "note", next };
}
