import type { Log } from "../../../shared/ports/log.ts";
import type { Meter, MeteredUnit } from "../../../shared/ports/meter.ts";

/** A meter that can say what one invocation consumed. */
export interface Consumption extends Meter {
  /** Logs the counts since the last time, at debug level: at info it would be most of the log. */
  log(log: Log): void;
}

export function openConsumption(): Consumption {
  const counts = new Map<MeteredUnit, number>();
  return {
    count(unit, amount) {
      counts.set(unit, (counts.get(unit) ?? 0) + amount);
    },
    log(log) {
      if (counts.size > 0) log.debug("consumed", Object.fromEntries(counts));
      counts.clear();
    },
  };
}
