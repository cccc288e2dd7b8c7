import { type Generation, missingFrom } from "./generation.ts";
import type { LevelDatabase } from "./level-database.ts";
import { indexRow, recordRow } from "./record-rows.ts";

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
  for (const { version, isBelow, entries, entriesBelow = [] } of generation.slots.values()) {
    const { text, line, record } = version;
    if (record !== undefined && line !== undefined) batch.put(recordRow(text), line);
    else if (isBelow) batch.del(recordRow(text));
    for (const entry of missingFrom(entries, entriesBelow)) batch.del(indexRow(entry, text));
    for (const entry of missingFrom(entriesBelow, entries)) batch.put(indexRow(entry, text), "");
    count += 1;
    if (count % slotsPerBatch > 0) continue;
    await level.commit(batch);
    batch = level.batch();
  }
  await level.commitUpTo(generation.lastPosition, batch);
}
