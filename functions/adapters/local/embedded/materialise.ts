import { type Generation, missingFrom } from "./generation.ts";
import type { LevelDatabase } from "./level-database.ts";
import { recordRow } from "./record-rows.ts";

/** Records per batch: a few milliseconds of work between two turns of the event loop. */
const slotsPerBatch = 256;

/**
 * Brings LevelDB up to a frozen generation. A record and its index rows change in one batch; the
 * mark of how much of the journal is there moves with the last batch. A crash in between is
 * harmless: the journal is replayed from the old mark over whatever rows are there.
 */
export async function materialise(level: LevelDatabase, generation: Generation): Promise<void> {
  generation.index();
  let batch = level.batch();
  let count = 0;
  for (const slot of generation.slots.values()) {
    const rowsBelow = slot.rowsBelow ?? [];
    if (slot.line !== undefined) batch.put(recordRow(slot.text), slot.line);
    else if (slot.isBelow) batch.del(recordRow(slot.text));
    for (const row of missingFrom(slot.rows, rowsBelow)) batch.del(row.table + row.rest);
    for (const row of missingFrom(rowsBelow, slot.rows)) batch.put(row.table + row.rest, "");
    count += 1;
    if (count % slotsPerBatch > 0) continue;
    await level.commit(batch);
    batch = level.batch();
  }
  await level.commitUpTo(generation.lastPosition, batch);
}
