import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Gate, RateGate, SlotGate } from "../../shared/limit/gates-of.ts";
import { type SlotShard, type SlotShards, shardCountFor } from "../../shared/limit/slots.ts";
import type { RateRecord } from "../../shared/limit/token-bucket.ts";
import type { Change, Expectation, Key, Store, StoredRecord } from "../../shared/ports/store.ts";

/** A gate's slots as they were read, record by record. */
export interface SlotsRead {
  readonly gate: SlotGate;
  readonly shards: SlotShards;
  readonly versions: readonly Expectation[];
}

export interface RateRead {
  readonly gate: RateGate;
  readonly record: RateRecord | undefined;
  readonly version: Expectation;
}

export type GateRead = SlotsRead | RateRead;

/** Reads everything that decides about these gates, mostly in one go. */
export async function readGates(
  store: Store,
  tenant: string,
  gates: readonly Gate[],
): Promise<readonly GateRead[]> {
  const wanted = gates.map((gate) => keysOf(tenant, gate));
  const found = await store.getMany(wanted.flat());
  let place = 0;
  return Promise.all(
    gates.map(async (gate, index): Promise<GateRead> => {
      const count = wanted[index]?.length ?? 0;
      const records = found.slice(place, place + count);
      place += count;
      if (gate.kind === "rate") {
        const [record] = records;
        const body = record?.body as unknown as RateRecord | undefined;
        return { gate, record: body, version: record?.version ?? "absent" };
      }
      return slotsRead(gate, [...records, ...(await furtherShards(store, tenant, gate, records))]);
    }),
  );
}

/** All records that say who holds slots of a gate, whatever its bound is now. */
export async function readShards(
  store: Store,
  tenant: string,
  gate: string,
  max: number = limits.slotsPerShard,
): Promise<SlotsRead> {
  const [read] = await readGates(store, tenant, [{ kind: "slots", gate, max }]);
  if (read === undefined || !("shards" in read)) throw new TypeError("slots were asked for");
  return read;
}

/** Where the bound was higher once, records beyond the present ones may still have holders. */
async function furtherShards(
  store: Store,
  tenant: string,
  { gate, max }: SlotGate,
  [first]: readonly (StoredRecord | undefined)[],
): Promise<readonly (StoredRecord | undefined)[]> {
  const used = (first?.body as unknown as SlotShard | undefined)?.shards ?? 1;
  const further: Key[] = [];
  for (let shard = shardCountFor(max); shard < used; shard++) {
    further.push(keys.slots(tenant, gate, shard));
  }
  return further.length === 0 ? [] : store.getMany(further);
}

function slotsRead(gate: SlotGate, records: readonly (StoredRecord | undefined)[]): SlotsRead {
  return {
    gate,
    shards: records.map((record) => record?.body as unknown as SlotShard | undefined),
    versions: records.map((record) => record?.version ?? "absent"),
  };
}

function keysOf(tenant: string, gate: Gate): readonly Key[] {
  if (gate.kind === "rate") return [keys.rate(tenant, gate.gate)];
  return Array.from({ length: shardCountFor(gate.max) }, (_, shard) =>
    keys.slots(tenant, gate.gate, shard),
  );
}

/**
 * A record without holders goes by itself after long: its version must go on growing while anybody
 * may still know an earlier one.
 */
export function slotsPut(
  tenant: string,
  shard: number,
  body: SlotShard,
  expect: Expectation,
  nowMs: number,
): Change {
  const idle = body.holders.length === 0;
  return {
    kind: "put",
    expect,
    record: {
      key: keys.slots(tenant, body.gate, shard),
      type: "slots",
      body,
      ...(idle ? { expiresAtMs: nowMs + limits.idleGateKeepMs } : {}),
    },
  };
}

export function ratePut(tenant: string, body: RateRecord, expect: Expectation): Change {
  const latestMs = Math.max(body.evenlyAtMs, body.wakeAtMs ?? 0);
  return {
    kind: "put",
    expect,
    record: {
      key: keys.rate(tenant, body.gate),
      type: "rate",
      body,
      expiresAtMs: Math.ceil(latestMs) + limits.idleGateKeepMs,
    },
  };
}
