import { justAfter, partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { RecordingEngine } from "../runtime/engine.ts";
import { applyCommand } from "../runtime/instances.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { idOfSort } from "./line.ts";

/** Held instances let go at once, side by side. */
const releasedAtOnce = 50;

/**
 * Lets go who is held by a pause that is over, the best placed first and a bounded number of them; the
 * rest notices by itself, or when this is asked again. Answers how many there were.
 */
export async function releaseHeld(
  engine: RecordingEngine,
  tenant: string,
  waitingFor: string,
  reason: string,
): Promise<number> {
  let released = 0;
  let from: string | undefined;
  while (released < limits.resumeReleasedMax) {
    const held = await engine.store.query({
      index: "queue",
      partition: partitions.waiting(tenant, waitingFor),
      ...(from === undefined ? {} : { from }),
      order: "ascending",
      limit: releasedAtOnce,
    });
    const applied = await Promise.all(
      held.map(({ sort }) => release(engine, tenant, idOfSort(sort), reason)),
    );
    const hints = applied.filter((hint): hint is Hint => hint !== undefined);
    if (hints.length > 0) await engine.hints.send(hints);
    released += hints.length;
    const last = held.at(-1);
    if (last === undefined || held.length < releasedAtOnce) break;
    from = justAfter(last.sort);
  }
  return released;
}

async function release(
  engine: RecordingEngine,
  tenant: string,
  id: string,
  reason: string,
): Promise<Hint | undefined> {
  const applied = await applyCommand(engine, tenant, id, () => ({ name: "release", reason }));
  if (applied.outcome !== "changed") return undefined;
  // Due ones of long chains go on through their wakes; letting go is always worth one look.
  return (
    hintFor(applied.instance, engine.clock.now()) ?? {
      tenant,
      instanceId: id,
      priority: applied.instance.priority,
    }
  );
}
