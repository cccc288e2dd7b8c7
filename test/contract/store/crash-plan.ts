import { keys } from "../../../shared/contract/keys.ts";
import type { Change, Key, NewRecord, StoredRecord } from "../../../shared/ports/store.ts";
import { add, finishedRecord, instanceRecord, put, rollupRecord } from "./store-records.ts";

/**
 * What the writers of the crash test do. Every client makes one write after the other, each of
 * several changes; what it leaves is a pure function of how many it has made, so that after a
 * crash the whole store can be compared with what it must be.
 */
export const tenant = "crash";
export const clients = Array.from({ length: 12 }, (_, n) => `client${n}`);
export const checkpointKey = keys.checkpoint("crash-consumer", "feed");
export const leftKey = rollupRecord(tenant, "left", {}).key;
export const rightKey = rollupRecord(tenant, "right", {}).key;

/** After so many writes a client's instance is deleted, and the next write makes it anew. */
const life = 7;

/** The `n`th write of a client, counted from 0. */
export function nthWrite(client: string, n: number): readonly Change[] {
  const version = n % life;
  const { key } = instanceRecord(tenant, client);
  const instance: Change =
    version === life - 1
      ? { kind: "delete", key, expect: life - 1 }
      : put(instanceAt(client, n), version === 0 ? "absent" : version);
  return [
    add(leftKey, { [client]: 1 }),
    instance,
    put(receipt(client, n), "absent"),
    add(rightKey, { [client]: 1 }),
  ];
}

/** The records of a client after `count` writes. */
export function recordsAfter(client: string, count: number): StoredRecord<object>[] {
  const receipts = Array.from({ length: count }, (_, n) => ({ ...receipt(client, n), version: 1 }));
  const version = count % life;
  if (version === 0) return receipts;
  return [...receipts, { ...instanceAt(client, count - 1), version }];
}

/** Where a client's receipts are. */
export function receiptKey(client: string, n: number): Key {
  return { pk: `T#${tenant}#RECEIPTS#${client}`, sk: String(n).padStart(8, "0") };
}

function receipt(client: string, n: number): NewRecord<object> {
  return {
    key: receiptKey(client, n),
    type: "rollup",
    body: { client, n, text: "é".repeat(n % 50) },
    // An entry of the store's own index, too.
    ...(n % 3 === 0 ? { expiresAtMs: 4_102_444_800_000 + n } : {}),
  };
}

function instanceAt(client: string, n: number): NewRecord<object> {
  const group = n % 2 === 0 ? { group: `group${n % 4}` } : {};
  if (n % life === life - 2) return finishedRecord(tenant, client);
  return instanceRecord(tenant, client, { ...group, wakeAtMs: 1_700_000_000_000 + n });
}
