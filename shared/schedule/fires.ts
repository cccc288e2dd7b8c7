import { limits } from "../core/limits.ts";
import { stableHash } from "../core/stable-hash.ts";
import { dayMs } from "./local-time.ts";
import { type NominalRules, nextNominal } from "./nominal-times.ts";
import { type CalendarRules, placeFire } from "./place-fire.ts";
import { openZone } from "./zone-offsets.ts";

/** All that decides when a schedule fires. The zone's name must be one that `zoneProblem` takes. */
export interface FireRules extends NominalRules, CalendarRules {
  readonly timezone: string;
  /** No slot has an earlier nominal time. */
  readonly startMs?: number;
  /** No slot has a later nominal time. */
  readonly endMs?: number;
  readonly jitterSeconds: number;
  readonly jitterSeed: string;
}

export interface Fire {
  /** What the expression says: the identity of the slot. */
  readonly nominalMs: number;
  /** The nominal time, moved by calendars. */
  readonly dueMs: number;
  /** The due time plus the schedule's own place within its jitter. */
  readonly effectiveMs: number;
  /** In words, where calendars had a say. */
  readonly note?: string;
}

/** No fire is looked for further ahead. */
export const horizonMs = limits.horizonYears * 366 * dayMs;

/**
 * The first fire whose nominal time is strictly after the given one. Slots that calendars skip, and
 * local times that a zone's clocks never show, are passed over; a local time that they show twice is
 * one slot, at the first. Undefined when none comes within `limits.horizonYears`, or calendars pass over
 * `limits.calendarStretchesMax` of them in a row.
 */
export function nextFire(rules: FireRules, afterNominalMs: number): Fire | undefined {
  const zone = openZone(rules.timezone);
  let afterMs = Math.max(afterNominalMs, (rules.startMs ?? Number.NEGATIVE_INFINITY) - 1);
  const lastMs = Math.min(rules.endMs ?? Number.POSITIVE_INFINITY, afterMs + horizonMs);
  for (let passed = 0; passed < limits.calendarStretchesMax; passed++) {
    const nominalMs = nextNominal(rules, zone, afterMs, lastMs);
    if (nominalMs === undefined || nominalMs > lastMs) return undefined;
    const placed = placeFire(rules, zone, nominalMs);
    if (placed.closedUntilMs === undefined) return fireOf(rules, nominalMs, placed);
    afterMs = Math.max(nominalMs, placed.closedUntilMs - 1);
  }
  return undefined;
}

/** What a slot at a nominal time becomes; undefined when calendars skip it. */
export function fireAt(rules: FireRules, nominalMs: number): Fire | undefined {
  const placed = placeFire(rules, openZone(rules.timezone), nominalMs);
  return placed.closedUntilMs === undefined ? fireOf(rules, nominalMs, placed) : undefined;
}

function fireOf(
  rules: FireRules,
  nominalMs: number,
  { dueMs, note }: { readonly dueMs: number; readonly note?: string },
): Fire {
  const effectiveMs = dueMs + jitterMs(rules);
  return { nominalMs, dueMs, effectiveMs, ...(note === undefined ? {} : { note }) };
}

/** The fires with nominal times after one instant and up to another, oldest first, at most `max`. */
export function firesBetween(
  rules: FireRules,
  fromMs: number,
  toMs: number,
  max: number,
): readonly Fire[] {
  const fires: Fire[] = [];
  const bounded = { ...rules, endMs: Math.min(toMs, rules.endMs ?? toMs) };
  for (let fire = nextFire(bounded, fromMs); fire !== undefined && fires.length < max; ) {
    fires.push(fire);
    fire = nextFire(bounded, fire.nominalMs);
  }
  return fires;
}

/** How many fires `firesBetween` would find, without keeping them; `max` means: at least so many. */
export function countFires(rules: FireRules, fromMs: number, toMs: number, max: number): number {
  const bounded = { ...rules, endMs: Math.min(toMs, rules.endMs ?? toMs) };
  let count = 0;
  for (let fire = nextFire(bounded, fromMs); fire !== undefined && count < max; ) {
    count += 1;
    fire = nextFire(bounded, fire.nominalMs);
  }
  return count;
}

/** How long after its due time each fire of a schedule comes: always the same, in whole seconds. */
export function jitterMs({
  jitterSeconds,
  jitterSeed,
}: Pick<FireRules, "jitterSeconds" | "jitterSeed">): number {
  if (jitterSeconds === 0) return 0;
  return (Number.parseInt(stableHash(jitterSeed, 1), 16) % (jitterSeconds + 1)) * 1_000;
}
