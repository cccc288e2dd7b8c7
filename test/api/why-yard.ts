import { readShards } from "../../functions/gates/gate-records.ts";
import type { Yard } from "./yard.ts";

/** The instances whose attempts hold slots of a gate. */
export async function slotsHeldBy(yard: Yard, gate: string): Promise<readonly string[]> {
  const { shards } = await readShards(yard.engine.store, "acme", gate);
  return shards.flatMap((shard) => shard?.holders.map(({ instanceId }) => instanceId) ?? []);
}
