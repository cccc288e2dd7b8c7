import { limits } from "../core/limits.ts";
import type { Instance } from "../instance/instance.ts";
import { isTerminal } from "../instance/moves.ts";
import type { Fire } from "./fires.ts";
import type { Schedule, Slot } from "./schedule.ts";

/** What is expected of every schedule, or of those that say so. */
export const expectations = ["slot_missed", "start_late", "success_late"] as const;
export type Expectation = (typeof expectations)[number];

/** An expectation that does not hold, or held too late, of the newest slot that tells. */
export interface BrokenExpectation {
  readonly kind: Expectation;
  readonly nominalMs: number;
  /** When it should have been so at the latest. */
  readonly byMs: number;
  /** It came to be so after all. */
  readonly mendedAtMs?: number;
  readonly instanceId?: string;
  readonly message: string;
}

type InstanceFacts = Pick<Instance, "id" | "state" | "attempts" | "finishedAtMs">;

/** What is known of a schedule, read from its records and not from those who work on it. */
export interface ScheduleEvidence {
  readonly schedule: Schedule;
  /** Settled slots, in any order: the newest ones, and those around each deadline. */
  readonly slots: readonly Slot[];
  /** By id; one that is missing was deleted, so it had finished. */
  readonly instances: ReadonlyMap<string, InstanceFacts>;
  /** The oldest slot that is not settled, as the expression says. */
  readonly next: Fire | undefined;
  /** When a slot's time has come. */
  readonly dueMsOf: (nominalMs: number) => number;
  readonly nowMs: number;
}

/** Which expectations of a schedule are broken, at most one of each kind. */
export function brokenExpectations(evidence: ScheduleEvidence): readonly BrokenExpectation[] {
  const { startWithinSeconds, succeedWithinSeconds } = evidence.schedule.spec;
  const found = [
    missedSlot(evidence),
    startWithinSeconds === undefined
      ? undefined
      : lateSlot(evidence, { kind: "start_late", withinMs: startWithinSeconds * 1_000, of: began }),
    succeedWithinSeconds === undefined
      ? undefined
      : lateSlot(evidence, {
          kind: "success_late",
          withinMs: succeedWithinSeconds * 1_000,
          of: succeeded,
        }),
  ];
  return found.filter((each) => each !== undefined);
}

/** A slot that nobody settled, or that was settled as missed and has no better one behind it. */
function missedSlot(evidence: ScheduleEvidence): BrokenExpectation | undefined {
  const { schedule, next, nowMs } = evidence;
  if (schedule.state === "active" && next !== undefined) {
    const byMs = next.effectiveMs + limits.slotSettleMs;
    if (byMs <= nowMs) {
      const message = "nothing has become of a slot whose time is over";
      return { kind: "slot_missed", nominalMs: next.nominalMs, byMs, message };
    }
  }
  const [newest] = newestFirst(evidence.slots);
  if (newest?.outcome !== "missed") return undefined;
  const nominalMs = newest.untilMs ?? newest.nominalMs;
  const message = newest.reason ?? "the slot was passed over because it was too late";
  return {
    kind: "slot_missed",
    nominalMs,
    byMs: evidence.dueMsOf(nominalMs) + limits.slotSettleMs,
    message: newest.count === undefined ? message : `${newest.count} slots: ${message}`,
  };
}

interface Late {
  readonly kind: "start_late" | "success_late";
  readonly withinMs: number;
  /** When the instance did what is expected of it. */
  readonly of: (instance: InstanceFacts) => number | undefined;
}

/** The newest slot that tells: one that did it, or one that should have by now. */
function lateSlot(evidence: ScheduleEvidence, late: Late): BrokenExpectation | undefined {
  const { instances, nowMs } = evidence;
  for (const { outcome, nominalMs, instanceId, untilMs } of newestFirst(evidence.slots)) {
    if (outcome !== "fired" || instanceId === undefined || untilMs !== undefined) continue;
    const instance = instances.get(instanceId);
    // Deleted after it had finished: whatever it was, nobody waits for it any more.
    if (instance === undefined) return undefined;
    const byMs = evidence.dueMsOf(nominalMs) + late.withinMs;
    const doneAtMs = late.of(instance);
    if (doneAtMs !== undefined && doneAtMs <= byMs) return undefined;
    const broken = { kind: late.kind, nominalMs, byMs, instanceId };
    if (doneAtMs !== undefined) {
      const lateSeconds = Math.round((doneAtMs - byMs) / 1_000);
      return {
        ...broken,
        mendedAtMs: doneAtMs,
        message: `${verbOf[late.kind]} ${lateSeconds} s too late`,
      };
    }
    if (byMs <= nowMs) {
      return {
        ...broken,
        message: `has not ${verbOf[late.kind]} in time; it is ${instance.state}`,
      };
    }
  }
  return undefined;
}

const verbOf = { start_late: "begun", success_late: "succeeded" } as const;

/** When the instance's code first ran. Where the start is not reported, whoever has finished had begun. */
function began({ state, attempts, finishedAtMs }: InstanceFacts): number | undefined {
  const starts = attempts.flatMap(({ startedAtMs }) => startedAtMs ?? []);
  if (starts.length > 0) return Math.min(...starts);
  const ran = isTerminal(state) && ["succeeded", "failed", "timed_out"].includes(state);
  return state === "running" || ran ? (attempts[0]?.claimedAtMs ?? finishedAtMs) : undefined;
}

function succeeded({ state, finishedAtMs }: InstanceFacts): number | undefined {
  return state === "succeeded" ? finishedAtMs : undefined;
}

/** Slots that a backfill ran again say nothing about the schedule; each other one counts once. */
function newestFirst(slots: readonly Slot[]): readonly Slot[] {
  const own = slots.filter(({ backfill }) => backfill === undefined);
  const byName = new Map(own.map((slot) => [`${slot.nominalMs}#${slot.generation}`, slot]));
  const lastOf = (slot: Slot): number => slot.untilMs ?? slot.nominalMs;
  return [...byName.values()].sort(
    (one, other) => lastOf(other) - lastOf(one) || other.generation - one.generation,
  );
}
