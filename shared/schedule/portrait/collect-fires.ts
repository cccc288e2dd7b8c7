import { limits } from "../../core/limits.ts";
import { nextFire } from "../fires.ts";
import { slotOrder } from "../slot-order.ts";
import type { PlannedSchedule } from "./plan.ts";

/** What is looked at, in whole seconds from the first one on. */
export interface Stretch {
  readonly fromMs: number;
  readonly seconds: number;
}

/** One fire, or one that stands for several. */
export interface DueFire {
  /** When it is due, without jitter, in seconds from the beginning of the stretch; may be negative. */
  readonly second: number;
  /** How many fires it stands for; more than one only where there are too many to look at each. */
  readonly weight: number;
  /** In how many seconds those come. */
  readonly overSeconds: number;
}

/** The fires of each schedule, in the order in which they are due. */
export interface CollectedFires {
  readonly ofSchedule: readonly (readonly DueFire[])[];
  readonly count: number;
  /** Schedules of which some fires stand for others. */
  readonly sampled: number;
}

/**
 * All fires that may matter in a stretch, whatever jitter is given to their schedules: also those that
 * come before it and may still run in it. At most `firesMax` of them (and at least one of each
 * schedule): the room is shared out evenly, and what some leave over goes to those who need more.
 */
export function collectFires(
  schedules: readonly PlannedSchedule[],
  stretch: Stretch,
  firesMax: number = limits.portraitFiresMax,
): CollectedFires {
  const evenShare = Math.max(1, Math.floor(firesMax / Math.max(1, schedules.length)));
  const first = schedules.map((schedule) => duesUpTo(schedule, stretch, evenShare));
  const used = first.reduce((sum, dues) => sum + (dues?.length ?? 0), 0);
  const greedy = first.filter((dues) => dues === undefined).length;
  const share = Math.max(evenShare, Math.floor((firesMax - used) / Math.max(1, greedy)));
  let sampled = 0;
  let count = 0;
  const ofSchedule = schedules.map((schedule, place) => {
    const dues = first[place] ?? duesUpTo(schedule, stretch, share);
    if (dues === undefined) sampled += 1;
    const fires = dues === undefined ? sample(schedule, stretch, share) : dues.map(single);
    count += fires.length;
    return fires;
  });
  return { ofSchedule, count, sampled };
}

/** Undefined when there are more. */
function duesUpTo(
  schedule: PlannedSchedule,
  stretch: Stretch,
  max: number,
): readonly number[] | undefined {
  const { fromMs, toMs } = reachOf(schedule, stretch);
  const order = slotOrder(schedule.rules, schedule.sinceMs);
  const fires = order.due({ nominalMs: fromMs, dueMs: fromMs }, toMs, max + 1);
  if (fires.length > max) return undefined;
  return fires.map(({ dueMs }) => secondOf(dueMs, stretch)).sort((one, other) => one - other);
}

/** The first fire of each of so many equal parts stands for all of its part, as dense as it begins. */
function sample(schedule: PlannedSchedule, stretch: Stretch, parts: number): readonly DueFire[] {
  const { rules, sinceMs } = schedule;
  const { fromMs, toMs } = reachOf(schedule, stretch);
  const beginMs = Math.max(fromMs, sinceMs);
  const partMs = (toMs - beginMs) / parts;
  const fires: DueFire[] = [];
  for (let part = 0; part < parts; part++) {
    const endMs = beginMs + (part + 1) * partMs;
    const fire = nextFire(rules, beginMs + part * partMs);
    if (fire === undefined) break;
    if (fire.nominalMs > endMs) continue;
    const next = nextFire(rules, fire.nominalMs)?.nominalMs ?? Number.POSITIVE_INFINITY;
    const gapMs = Math.max(1_000, next - fire.nominalMs);
    const weight = 1 + Math.floor((endMs - fire.nominalMs) / gapMs);
    const overSeconds = weight === 1 ? 1 : Math.round((weight * gapMs) / 1_000);
    fires.push({ second: secondOf(fire.dueMs, stretch), weight, overSeconds });
  }
  return fires;
}

function reachOf(
  { run }: PlannedSchedule,
  { fromMs, seconds }: Stretch,
): { readonly fromMs: number; readonly toMs: number } {
  const leadSeconds = run.p90Seconds + limits.jitterSecondsMax + 1;
  return { fromMs: fromMs - leadSeconds * 1_000, toMs: fromMs + seconds * 1_000 - 1 };
}

function secondOf(atMs: number, { fromMs }: Stretch): number {
  return Math.floor((atMs - fromMs) / 1_000);
}

function single(second: number): DueFire {
  return { second, weight: 1, overSeconds: 1 };
}
