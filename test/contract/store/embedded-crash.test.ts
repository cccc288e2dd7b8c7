import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from "../../../functions/adapters/local/embedded/embedded-store.ts";
import { indexEntriesOf } from "../../../shared/contract/indexes.ts";
import { partitions } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { Candidate, Query, StoredRecord } from "../../../shared/ports/store.ts";
import {
  checkpointKey,
  clients,
  leftKey,
  receiptKey,
  recordsAfter,
  rightKey,
  tenant,
} from "./crash-plan.ts";
import { readFeed } from "./store-contract-feed.ts";

const rounds = 4;
const writer = fileURLToPath(new URL("crash-writer.ts", import.meta.url));
let directory = "";
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "embedded-crash-"));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await rm(directory, { recursive: true });
});

/** Lets the writer run until it has reported so many acknowledged writes, then kills it. */
async function writeUntilKilled(acks: number): Promise<ReadonlyMap<string, number>> {
  child = spawn(process.execPath, ["--import", "tsx", writer, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const acknowledged = new Map<string, number>();
  if (child.stdout === null) throw new Error("the writer has no output");
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [client = "", count = ""] = line.split(" ");
    acknowledged.set(client, Number(count));
    lines += 1;
    if (lines === acks) child.kill("SIGKILL");
  }
  const [, signal] = await ended;
  expect(signal, "the writer must not end by itself").toBe("SIGKILL");
  return acknowledged;
}

/** Everything the store must hold, given how many writes of each client it says it has. */
async function expectedRecords(
  store: EmbeddedStore,
  acknowledged: ReadonlyMap<string, number>,
): Promise<Map<string, StoredRecord<object>>> {
  const [left, right, checkpoint] = await store.getMany([leftKey, rightKey, checkpointKey]);
  const expected = new Map<string, StoredRecord<object>>();
  const expectRecord = (record: StoredRecord<object>) =>
    expected.set(`${record.key.pk} ${record.key.sk}`, record);
  let writes = 0;
  for (const client of clients) {
    const count = Number(left?.body[client] ?? 0);
    expect(count, `acknowledged writes of ${client}`).toBeGreaterThanOrEqual(
      acknowledged.get(client) ?? 0,
    );
    expect(await store.get(receiptKey(client, count)), "half a write").toBeUndefined();
    recordsAfter(client, count).map(expectRecord);
    writes += count;
  }
  expect(right?.body, "the two counters of each write").toEqual(left?.body);
  for (const record of [left, right, checkpoint]) if (record !== undefined) expectRecord(record);
  expect(left?.version ?? 0, "one version per write").toBe(writes);
  return expected;
}

/** Every index partition the writers use: rows of records that are gone must not be there. */
const placesOfIndexes = [
  ...Array.from({ length: limits.wakeShards }, (_, shard) => `wake ${partitions.wake(shard)}`),
  `task ${partitions.byTask(tenant, "resize")}`,
  `group ${partitions.byGroup(tenant, "group0")}`,
  `group ${partitions.byGroup(tenant, "group2")}`,
];

async function expectSame(
  store: EmbeddedStore,
  expected: ReadonlyMap<string, StoredRecord<object>>,
): Promise<void> {
  const records = [...expected.values()];
  expect(await store.getMany(records.map(({ key }) => key))).toEqual(records);
  const rows = new Map<string, Candidate[]>(placesOfIndexes.map((place) => [place, []]));
  for (const record of records) {
    const primary = { index: "primary", partition: record.key.pk, sort: record.key.sk } as const;
    for (const { index, partition, sort } of [primary, ...indexEntriesOf(record)]) {
      const place = `${index} ${partition}`;
      rows.set(place, [...(rows.get(place) ?? []), { key: record.key, sort }]);
    }
  }
  for (const [place, candidates] of rows) {
    const [index = "", partition = ""] = place.split(" ");
    candidates.sort((a, b) => (a.sort < b.sort ? -1 : 1));
    const found: Candidate[] = [];
    for (let from = ""; ; from = `${found.at(-1)?.sort}\u0001`) {
      const query = { partition, from, order: "ascending", limit: limits.storePageMax } as const;
      const page = await store.query({ ...query, index: index as Query["index"] });
      found.push(...page);
      if (page.length < limits.storePageMax) break;
    }
    expect(found, `rows of ${place}`).toEqual(candidates);
  }
}

/** From the consumer's checkpoint on, the feed tells every change up to what is there now. */
async function expectFeed(
  store: EmbeddedStore,
  expected: ReadonlyMap<string, StoredRecord<object>>,
): Promise<void> {
  const checkpoint = await store.get(checkpointKey);
  const from = Number(checkpoint?.body.position ?? 0);
  const { changes } = await readFeed(store, String(from));
  expect(changes.map(({ position }) => Number(position))).toEqual(
    changes.map((_, index) => from + 1 + index),
  );
  const versions = new Map<string, number>();
  const last = new Map<string, StoredRecord | undefined>();
  for (const { key, record } of changes) {
    const place = `${key.pk} ${key.sk}`;
    const before = versions.get(place);
    const version = record?.version ?? 0;
    if (before !== undefined && record !== undefined) expect(version).toBe(before + 1);
    versions.set(place, version);
    last.set(place, record);
  }
  for (const [place, record] of last) expect(record).toEqual(expected.get(place));
}

/** The index of expiry is complete, too: what is due is deleted, and nothing else. */
async function expectExpiry(store: EmbeddedStore): Promise<void> {
  const made = (await store.get(leftKey))?.body ?? {};
  let deleted = 0;
  for (let count = -1; count !== 0; deleted += count) {
    count = await store.deleteExpired(5_000_000_000_000, 500);
  }
  const due = clients.map((client) => Math.ceil(Number(made[client] ?? 0) / 3));
  expect(deleted).toBe(due.reduce((sum, count) => sum + count, 0));
}

describe("a store whose process is killed", () => {
  it("keeps every acknowledged write, whole writes only, exact indexes and a feed without gaps", async () => {
    for (let round = 0; round < rounds; round++) {
      const acknowledged = await writeUntilKilled(20 + Math.floor(Math.random() * 800));
      const store = await openEmbeddedStore({ directory, materialiseAfterMs: 1_000_000 });
      try {
        for (const look of ["with the journal replayed", "with everything on disk"]) {
          const expected = await expectedRecords(store, acknowledged);
          await expectSame(store, expected);
          await expectFeed(store, expected);
          if (look === "with the journal replayed") await store.settle();
        }
        if (round === rounds - 1) await expectExpiry(store);
      } finally {
        await store.close();
      }
    }
  }, 60_000);
});
