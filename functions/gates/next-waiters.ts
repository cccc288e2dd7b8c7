import { limits } from "../../shared/core/limits.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { RecordingEngine } from "../runtime/engine.ts";
import { firstWaiters } from "./line.ts";

/** Told beside those for whom there is room, in case these have gone meanwhile. */
const spareWaiters = 2;

/**
 * Tells the next in the lines of gates that got something back, one line's name for each slot or sum.
 * Only hints: where they are lost, the waiters' own wakes bring them.
 */
export async function hintNextWaiters(
  { store, hints, log }: RecordingEngine,
  tenant: string,
  freed: readonly string[],
): Promise<void> {
  if (freed.length === 0) return;
  const lines = new Map<string, number>();
  for (const line of freed) lines.set(line, (lines.get(line) ?? 0) + 1);
  try {
    const found = await Promise.all(
      [...lines].map(([line, count]) => {
        const wanted = Math.min(limits.linePageSize, count + spareWaiters);
        return firstWaiters(store, tenant, line, wanted);
      }),
    );
    const next = new Set(found.flat());
    const told = [...next].map((instanceId): Hint => ({ tenant, instanceId }));
    if (told.length > 0) await hints.send(told);
  } catch (error) {
    // What was written stands, and must not seem to have failed.
    log.warn("next waiters not found; their wakes bring them", { cause: String(error) });
  }
}

/** Tells the first in the lines of a gate whose bounds were changed: there may be room for many. */
export async function hintLinesOf(
  engine: RecordingEngine,
  tenant: string,
  gate: string,
): Promise<void> {
  const lines = [waitingForOf("slots", gate), waitingForOf("rate", gate)];
  await hintNextWaiters(
    engine,
    tenant,
    lines.flatMap((line) => Array<string>(limits.linePageSize).fill(line)),
  );
}
