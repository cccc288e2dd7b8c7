import { keys } from "../../shared/contract/keys.ts";
import { type Attempt, type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import { type SlotShard, withoutHolder } from "../../shared/limit/slots.ts";
import type { Change, Store } from "../../shared/ports/store.ts";
import { settledBy } from "../groups/settle-budgets.ts";
import { slotsPut } from "./gate-records.ts";

/** What the end of an attempt gives back, as changes of the write that ends it. */
export interface GivenBack {
  readonly changes: readonly Change[];
  /** The lines of those who may get it now: of each slot, and of each budget with money to spare. */
  readonly lines: readonly string[];
}

const nothing: GivenBack = { changes: [], lines: [] };

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
  if (ended === undefined) return nothing;
  const { tenant } = present;
  // As the write leaves it: what it cost is known only from then on.
  const settled = settledBy(tenant, next.attempts.find(({ id }) => id === ended.id) ?? ended);
  const slots = ended.held?.slots ?? [];
  if (slots.length === 0) return settled;
  const records = await store.getMany(
    slots.map(({ gate, shard }) => keys.slots(tenant, gate, shard)),
  );
  const nowMs = next.history.at(-1)?.atMs ?? ended.claimedAtMs;
  const changes: Change[] = [...settled.changes];
  const lines: string[] = [...settled.lines];
  for (const [index, { gate, shard }] of slots.entries()) {
    const record = records[index];
    if (record === undefined) continue;
    const body = record.body as unknown as SlotShard;
    const without = withoutHolder(body, ended.id);
    if (without === body) continue;
    changes.push(slotsPut(tenant, shard, without, record.version, nowMs));
    lines.push(waitingForOf("slots", gate));
  }
  return { changes, lines };
}

function endedHolder(present: Instance, next: Instance): Attempt | undefined {
  const live = liveAttempt(present);
  if (live?.held === undefined) return undefined;
  const after = next.attempts.find(({ id }) => id === live.id);
  return after === undefined || after.outcome !== undefined ? live : undefined;
}
