import { describe, expect, it } from "vitest";
import { keys } from "../../../shared/contract/keys.ts";
import type { StoreUnderTest } from "./store-contract.ts";
import { instanceRecord, mustWrite, put, rollupRecord } from "./store-records.ts";

/** Single puts, deletes and checks, and reads by key. */
export function describeWrites(current: () => StoreUnderTest): void {
  describe("puts", () => putTests(current));
  describe("deletes", () => deleteTests(current));
  describe("checks", () => checkTests(current));
  describe("reads", () => readTests(current));
}

function putTests(current: () => StoreUnderTest): void {
  it("creates an absent record as version 1 and returns it as it was put", async () => {
    const { store, tenant } = current();
    const record = instanceRecord(tenant, "ins_1", {
      input: { text: "héllo ☃ 🚀 \u0000 \n", n: 0 },
    });
    expect(await store.write([put(record, "absent")])).toEqual({ outcome: "wrote" });
    expect(await store.get(record.key)).toEqual({ ...record, version: 1 });
  });

  it("loses when the record exists, says what is there and changes nothing", async () => {
    const { store, tenant } = current();
    const first = rollupRecord(tenant, "b1", { text: "first" });
    await mustWrite(store, put(first, "absent"));
    const result = await store.write([put({ ...first, body: { text: "second" } }, "absent")]);
    const there = { ...first, version: 1 };
    expect(result).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: there }],
    });
    expect(await store.get(first.key)).toEqual(there);
  });

  it("replaces the expected version by exactly the next one, body as a whole", async () => {
    const { store, tenant } = current();
    const first = rollupRecord(tenant, "b1", { old: true, shared: 1 });
    await mustWrite(store, put(first, "absent"));
    await mustWrite(store, put({ ...first, body: { shared: 2 } }, 1));
    await mustWrite(store, put({ ...first, body: { shared: 3, list: [1, [2], {}] } }, 2));
    expect(await store.get(first.key)).toEqual({
      ...first,
      version: 3,
      body: { shared: 3, list: [1, [2], {}] },
    });
  });

  it("loses against another version, older or newer than the expected one", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { count: 1 });
    await mustWrite(store, put(record, "absent"));
    await mustWrite(store, put(record, 1));
    const conflicts = [{ changeIndex: 0, current: { ...record, version: 2 } }];
    expect(await store.write([put(record, 1)])).toEqual({ outcome: "lost", conflicts });
    expect(await store.write([put(record, 3)])).toEqual({ outcome: "lost", conflicts });
  });

  it("loses when a version is expected and nothing is there", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { count: 1 });
    expect(await store.write([put(record, 1)])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: undefined }],
    });
    expect(await store.get(record.key)).toBeUndefined();
  });

  it("keeps the time of expiry until a put leaves it out", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { count: 1 });
    const expiresAtMs = 4_102_444_800_000;
    await mustWrite(store, put({ ...record, expiresAtMs }, "absent"));
    expect(await store.get(record.key)).toEqual({ ...record, version: 1, expiresAtMs });
    await mustWrite(store, put(record, 1));
    expect(await store.get(record.key)).toEqual({ ...record, version: 2 });
  });

  it("lets exactly one of many writers win a version", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { writer: -1 });
    await mustWrite(store, put(record, "absent"));
    const writers = Array.from({ length: 8 }, (_, writer) => writer);
    const results = await Promise.all(
      writers.map((writer) => store.write([put({ ...record, body: { writer } }, 1)])),
    );
    const winners = writers.filter((writer) => results[writer]?.outcome === "wrote");
    expect(winners).toHaveLength(1);
    const winning = { ...record, version: 2, body: { writer: winners[0] } };
    expect(await store.get(record.key)).toEqual(winning);
    for (const result of results) {
      if (result.outcome === "lost") expect(result.conflicts[0]?.current).toEqual(winning);
    }
  });
}

function deleteTests(current: () => StoreUnderTest): void {
  it("removes the expected version; a later put starts again at version 1", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { count: 1 });
    await mustWrite(store, put(record, "absent"));
    await mustWrite(store, put(record, 1));
    await mustWrite(store, { kind: "delete", key: record.key, expect: 2 });
    expect(await store.get(record.key)).toBeUndefined();
    await mustWrite(store, put(record, "absent"));
    expect(await store.get(record.key)).toEqual({ ...record, version: 1 });
  });

  it("loses against another version or nothing, and removes nothing", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { count: 1 });
    const drop = { kind: "delete", key: record.key, expect: 1 } as const;
    expect(await store.write([drop])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: undefined }],
    });
    await mustWrite(store, put(record, "absent"));
    await mustWrite(store, put(record, 1));
    const there = { ...record, version: 2 };
    expect(await store.write([drop])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: there }],
    });
    expect(await store.get(record.key)).toEqual(there);
  });
}

function checkTests(current: () => StoreUnderTest): void {
  it("answers whether the expectations hold and changes nothing", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { count: 1 });
    const missing = keys.rollup(tenant, "resize", "b2", "lambda");
    await mustWrite(store, put(record, "absent"));
    const holds = await store.write([
      { kind: "check", key: record.key, expect: 1 },
      { kind: "check", key: missing, expect: "absent" },
    ]);
    expect(holds).toEqual({ outcome: "wrote" });
    expect(await store.get(record.key)).toEqual({ ...record, version: 1 });
    expect(await store.write([{ kind: "check", key: record.key, expect: "absent" }])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: { ...record, version: 1 } }],
    });
    expect(await store.write([{ kind: "check", key: missing, expect: 1 }])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: undefined }],
    });
  });
}

function readTests(current: () => StoreUnderTest): void {
  it("finds nothing under a key never written", async () => {
    const { store, tenant } = current();
    expect(await store.get(keys.instance(tenant, "ins_none"))).toBeUndefined();
    expect(await store.getMany([])).toEqual([]);
  });

  it("answers many keys in their order, with gaps for missing ones and repeats for repeated ones", async () => {
    const { store, tenant } = current();
    const records = Array.from({ length: 130 }, (_, n) => rollupRecord(tenant, `b${n}`, { n }));
    for (let start = 0; start < records.length; start += 65) {
      await mustWrite(
        store,
        ...records.slice(start, start + 65).map((record) => put(record, "absent")),
      );
    }
    const missing = keys.instance(tenant, "ins_none");
    const asked = [...records.map((record) => record.key).reverse(), missing, missing];
    const first = records[0];
    if (first !== undefined) asked.push(first.key);
    const found = await store.getMany(asked);
    expect(found.map((record) => record?.body)).toEqual([
      ...records.map((record) => record.body).reverse(),
      undefined,
      undefined,
      { n: 0 },
    ]);
  });
}
