import { limits } from "../core/limits.ts";
import { type Fire, type FireRules, horizonMs, jitterMs } from "./fires.ts";
import { clockText, dayOf, dayText, type LocalMs, localText } from "./local-time.ts";
import { nextNominal } from "./nominal-times.ts";
import { placeFire } from "./place-fire.ts";
import { openZone, type Zone } from "./zone-offsets.ts";

export interface PreviewFire extends Fire {
  /** The nominal time as the clocks of the zone show it, without an offset. */
  readonly local: string;
}

/** A time that the expression names and at which nothing fires. */
export interface PassedSlot {
  readonly local: string;
  /** Absent where the clocks never show it. */
  readonly nominalMs?: number;
  readonly note: string;
}

export interface SlotsPreview {
  readonly fires: readonly PreviewFire[];
  /** Those before the last of the fires; the oldest ones where there are many. */
  readonly passed: readonly PassedSlot[];
}

/** The next fires after an instant, with what calendars and the clocks of the zone do to them. */
export function previewFires(
  rules: FireRules,
  fromMs: number,
  count: number,
): readonly PreviewFire[] {
  return previewSlots(rules, fromMs, count).fires;
}

/** Like `previewFires`, with the slots that are passed over on the way. */
export function previewSlots(rules: FireRules, fromMs: number, count: number): SlotsPreview {
  const zone = openZone(rules.timezone);
  const fires: PreviewFire[] = [];
  const passed: PassedSlot[] = [];
  const pass = (slot: PassedSlot): void => {
    if (passed.length < limits.previewFiresMax) passed.push(slot);
  };
  const jitter = jitterMs(rules);
  let afterMs = Math.max(fromMs, (rules.startMs ?? Number.NEGATIVE_INFINITY) - 1);
  let lastMs = Math.min(rules.endMs ?? Number.POSITIVE_INFINITY, afterMs + horizonMs);
  let inARow = 0;
  while (fires.length < count && inARow < limits.calendarStretchesMax) {
    const gaps: LocalMs[] = [];
    const nominalMs = nextNominal(rules, zone, afterMs, lastMs, (slot) => {
      if (gaps.length < limits.previewFiresMax) gaps.push(slot);
    });
    const isOver = nominalMs === undefined || nominalMs > lastMs;
    for (const slot of gaps) {
      if (!isOver || slot <= zone.localOf(lastMs))
        pass({ local: localText(slot), note: gapNote(slot, zone) });
    }
    if (isOver) break;
    const placed = placeFire(rules, zone, nominalMs);
    const localMs = zone.localOf(nominalMs);
    const local = localText(localMs);
    if (placed.closedUntilMs !== undefined) {
      pass({ local, nominalMs, note: placed.note });
      inARow += 1;
      afterMs = Math.max(nominalMs, placed.closedUntilMs - 1);
      continue;
    }
    const { dueMs } = placed;
    const note = joined(placed.note, repeatNote(rules, localMs, zone));
    const effectiveMs = dueMs + jitter;
    fires.push({ nominalMs, dueMs, effectiveMs, local, ...(note === undefined ? {} : { note }) });
    afterMs = nominalMs;
    inARow = 0;
    lastMs = Math.min(rules.endMs ?? Number.POSITIVE_INFINITY, afterMs + horizonMs);
  }
  return { fires, passed };
}

function gapNote(localMs: LocalMs, zone: Zone): string {
  const day = dayText(dayOf(localMs));
  return `${clockText(localMs)} does not exist on ${day} in ${zone.name} (clocks go forward); this slot is skipped`;
}

/** Only times that are read off clocks can come twice. */
function repeatNote({ expression }: FireRules, localMs: LocalMs, zone: Zone): string | undefined {
  if (expression.kind === "rate" || zone.instantsOf(localMs).length < 2) return undefined;
  const day = dayText(dayOf(localMs));
  return `${clockText(localMs)} happens twice on ${day} in ${zone.name} (clocks go back); fires at the first`;
}

function joined(...notes: readonly (string | undefined)[]): string | undefined {
  const present = notes.filter((note) => note !== undefined);
  return present.length === 0 ? undefined : present.join("; ");
}
