import { setImmediate as nextTurn } from "node:timers/promises";
import { assert } from "../../../../shared/core/errors.ts";
import { type Generation, rowChangesOf } from "./generation.ts";
import type { LevelDatabase } from "./level-database.ts";
import { indexRow, recordRow } from "./record-rows.ts";

/** Records between two turns of the event loop: half a millisecond of work. */
const slotsPerTurn = 128;
/** Records per batch: each batch is an fsync. */
const slotsPerBatch = 1_024;
const noBytes = Buffer.alloc(0);

/**
 * Brings LevelDB up to a frozen generation. A record and its index rows change in one batch; the
 * mark of how much of the journal is there moves with the last batch. A crash in between is
 * harmless: the journal is replayed from the old mark over whatever rows are there.
 */
export async function materialise(level: LevelDatabase, generation: Generation): Promise<void> {
  let batch = level.batch();
  let count = 0;
  for (const slot of generation.slots.values()) {
    const { text, record, bytes, start, end } = slot.version;
    if (record !== undefined) {
      assert(bytes !== undefined, "a record is to be stored before the journal has it");
      batch.put(recordRow(text), bytes.subarray(start, end));
    } else if (slot.isBelow) {
      batch.del(recordRow(text));
    }
    const { removed, added } = rowChangesOf(slot);
    for (const entry of removed) batch.del(indexRow(entry, text));
    for (const entry of added) batch.put(indexRow(entry, text), noBytes);
    count += 1;
    if (count % slotsPerBatch === 0) {
      await level.commit(batch);
      batch = level.batch();
    } else if (count % slotsPerTurn === 0) {
      await nextTurn();
    }
  }
  await level.commitUpTo(generation.lastPosition, batch);
}
