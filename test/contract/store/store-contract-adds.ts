import { describe, expect, it } from "vitest";
import { keys } from "../../../shared/contract/keys.ts";
import type { StoreUnderTest } from "./store-contract.ts";
import { add, mustWrite, put, rollupRecord } from "./store-records.ts";

/** Sums inside records, with and without bounds. */
export function describeAdds(current: () => StoreUnderTest): void {
  describe("adds", () => sumTests(current));
  describe("bounded adds", () => boundTests(current));
}

function sumTests(current: () => StoreUnderTest): void {
  it("creates the record with its amounts, taking absent for zero", async () => {
    const { store, tenant } = current();
    const key = keys.rollup(tenant, "resize", "b1", "lambda");
    await mustWrite(store, add(key, { runs: 2, failures: 0, balance: -3 }));
    expect(await store.get(key)).toEqual({
      key,
      type: "rollup",
      version: 1,
      body: { runs: 2, failures: 0, balance: -3 },
    });
  });

  it("adds to fields that are there, creates those that are not and leaves the others", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { runs: 5, label: "kept", nested: { runs: 1 } });
    await mustWrite(store, put(record, "absent"));
    await mustWrite(store, add(record.key, { runs: -2, failures: 1 }));
    expect(await store.get(record.key)).toEqual({
      ...record,
      version: 2,
      body: { runs: 3, failures: 1, label: "kept", nested: { runs: 1 } },
    });
  });

  it("loses no amount when many clients add at once", async () => {
    const { store, tenant } = current();
    const key = keys.rollup(tenant, "resize", "b1", "lambda");
    const amounts = Array.from({ length: 20 }, (_, n) => n + 1);
    await Promise.all(amounts.map((runs) => mustWrite(store, add(key, { runs, calls: 1 }))));
    const record = await store.get(key);
    expect(record?.body).toEqual({ runs: 210, calls: 20 });
    expect(record?.version).toBe(20);
  });

  it("sets the time of expiry when it carries one and keeps it when it does not", async () => {
    const { store, tenant } = current();
    const key = keys.rollup(tenant, "resize", "b1", "lambda");
    const expiresAtMs = 4_102_444_800_000;
    await mustWrite(store, { kind: "add", key, type: "rollup", amounts: { n: 1 }, expiresAtMs });
    await mustWrite(store, add(key, { n: 1 }));
    expect(await store.get(key)).toEqual({
      key,
      type: "rollup",
      version: 2,
      body: { n: 2 },
      expiresAtMs,
    });
    const later = expiresAtMs + 86_400_000;
    await mustWrite(store, {
      kind: "add",
      key,
      type: "rollup",
      amounts: { n: 1 },
      expiresAtMs: later,
    });
    expect((await store.get(key))?.expiresAtMs).toBe(later);
  });
}

function boundTests(current: () => StoreUnderTest): void {
  it("takes sums up to and including their bounds", async () => {
    const { store, tenant } = current();
    const key = keys.rollup(tenant, "resize", "b1", "lambda");
    const bounds = { held: { min: 0, max: 3 } };
    await mustWrite(store, add(key, { held: 3 }, bounds));
    await mustWrite(store, add(key, { held: -3 }, bounds));
    expect((await store.get(key))?.body).toEqual({ held: 0 });
  });

  it("loses a sum above its maximum, says what is there and adds nothing", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { held: 2, other: 1 });
    await mustWrite(store, put(record, "absent"));
    const result = await store.write([
      add(record.key, { held: 2, other: 1 }, { held: { max: 3 }, other: { max: 9 } }),
    ]);
    const there = { ...record, version: 1 };
    expect(result).toEqual({ outcome: "lost", conflicts: [{ changeIndex: 0, current: there }] });
    expect(await store.get(record.key)).toEqual(there);
  });

  it("loses a sum below its minimum, and one that would create the record out of bounds", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { held: 1 });
    await mustWrite(store, put(record, "absent"));
    expect(await store.write([add(record.key, { held: -2 }, { held: { min: 0 } })])).toEqual({
      outcome: "lost",
      conflicts: [{ changeIndex: 0, current: { ...record, version: 1 } }],
    });
    const fresh = keys.rollup(tenant, "resize", "b2", "lambda");
    for (const amounts of [{ held: -1 }, { held: 5 }]) {
      expect(await store.write([add(fresh, amounts, { held: { min: 0, max: 4 } })])).toEqual({
        outcome: "lost",
        conflicts: [{ changeIndex: 0, current: undefined }],
      });
    }
    expect(await store.get(fresh)).toBeUndefined();
  });

  it("never passes a bound when many clients add at once", async () => {
    const { store, tenant } = current();
    const key = keys.rollup(tenant, "resize", "b1", "lambda");
    const results = await Promise.all(
      Array.from({ length: 12 }, () => store.write([add(key, { held: 1 }, { held: { max: 5 } })])),
    );
    expect(results.filter((result) => result.outcome === "wrote")).toHaveLength(5);
    expect((await store.get(key))?.body).toEqual({ held: 5 });
  });
}
