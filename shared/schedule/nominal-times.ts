import { nextCronSlot } from "./cron-slots.ts";
import type { ScheduleExpression } from "./expression.ts";
import { dayMs, type LocalMs } from "./local-time.ts";
import type { Zone } from "./zone-offsets.ts";

/** What an expression counts in. */
export interface NominalRules {
  readonly expression: ScheduleExpression;
  /** The first slot of `rate(…)`; the others follow in steps. */
  readonly anchorMs: number;
}

/**
 * The first time after an instant that an expression names and the clocks of the zone show; the first
 * of the two where they show it twice. Looks no further than a day behind `lastMs`.
 */
export function nextNominal(
  { expression, anchorMs }: NominalRules,
  zone: Zone,
  afterMs: number,
  lastMs: number,
  /** Told of each time on the way that the clocks jump over. */
  onGap?: (localMs: LocalMs) => void,
): number | undefined {
  switch (expression.kind) {
    case "rate": {
      const steps = Math.floor((afterMs - anchorMs) / expression.everyMs) + 1;
      return anchorMs + Math.max(0, steps) * expression.everyMs;
    }
    case "at": {
      const [atMs] = zone.instantsOf(expression.localMs);
      if (atMs === undefined) onGap?.(expression.localMs);
      return atMs !== undefined && atMs > afterMs ? atMs : undefined;
    }
    case "cron": {
      let slot = nextCronSlot(expression, zone.localOf(afterMs));
      while (slot !== undefined && slot <= lastMs + dayMs) {
        const [atMs] = zone.instantsOf(slot);
        if (atMs === undefined) onGap?.(slot);
        else if (atMs > afterMs) return atMs;
        slot = nextCronSlot(expression, slot);
      }
      return undefined;
    }
  }
}
