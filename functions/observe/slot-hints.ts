import type { Instance } from "../../shared/instance/instance.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { RecordHint } from "../../shared/ports/record-hints.ts";

/** Who waits for these instances to finish: schedules with a queued slot, and backfills. */
export function hintsOfFinished(
  instances: readonly (Instance | undefined)[],
): readonly RecordHint[] {
  const hints = new Map<string, RecordHint>();
  for (const instance of instances) {
    if (instance === undefined || !isTerminal(instance.state)) continue;
    const { tenant, origin } = instance;
    if (origin?.kind !== "schedule") continue;
    const { schedule: name, backfill: id, queues } = origin;
    if (id !== undefined)
      hints.set(`${tenant}#${name}#${id}`, { kind: "backfill", tenant, name, id });
    else if (queues === true) hints.set(`${tenant}#${name}`, { kind: "schedule", tenant, name });
  }
  return [...hints.values()];
}
