import { keys } from "../../shared/contract/keys.ts";
import { type Attempt, type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import { type SlotShard, withoutHolder } from "../../shared/limit/slots.ts";
import type { Change, Store } from "../../shared/ports/store.ts";
import { slotsPut } from "./gate-records.ts";

/** What the end of an attempt gives back, as changes of the write that ends it. */
export interface GivenBack {
  readonly changes: readonly Change[];
  /** The gates whose slots these are. */
  readonly gates: readonly string[];
}

const nothing: GivenBack = { changes: [], gates: [] };

/** The gates whose slots this change of an instance gives back. */
export function gatesGivenBack(present: Instance, next: Instance): readonly string[] {
  const slots = endedHolder(present, next)?.held?.slots ?? [];
  return slots.map(({ gate }) => gate);
}

/**
 * Reads what the attempt that ends here holds, and makes the changes that return it. What is not
 * there, as after a partial restore, is nothing to give back.
 */
export async function givenBackBy(
  store: Store,
  present: Instance,
  next: Instance,
): Promise<GivenBack> {
  const ended = endedHolder(present, next);
  const slots = ended?.held?.slots ?? [];
  if (ended === undefined || slots.length === 0) return nothing;
  const { tenant } = present;
  const records = await store.getMany(
    slots.map(({ gate, shard }) => keys.slots(tenant, gate, shard)),
  );
  const nowMs = next.history.at(-1)?.atMs ?? ended.claimedAtMs;
  const changes: Change[] = [];
  const gates: string[] = [];
  for (const [index, { gate, shard }] of slots.entries()) {
    const record = records[index];
    if (record === undefined) continue;
    const body = record.body as unknown as SlotShard;
    const without = withoutHolder(body, ended.id);
    if (without === body) continue;
    changes.push(slotsPut(tenant, shard, without, record.version, nowMs));
    gates.push(gate);
  }
  return { changes, gates };
}

function endedHolder(present: Instance, next: Instance): Attempt | undefined {
  const live = liveAttempt(present);
  if (live?.held === undefined) return undefined;
  const after = next.attempts.find(({ id }) => id === live.id);
  return after === undefined || after.outcome !== undefined ? live : undefined;
}
