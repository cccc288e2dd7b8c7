import { describe, expect, it } from "vitest";
import { InvariantError } from "../../../shared/core/errors.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { StoreUnderTest } from "./store-contract.ts";
import { add, instanceRecord, mustWrite, put, rollupRecord } from "./store-records.ts";

/** Several changes in one write. */
export function describeTransactions(current: () => StoreUnderTest): void {
  describe("writes of several changes", () => atomicityTests(current));
  describe("limits of a write", () => limitTests(current));
}

function atomicityTests(current: () => StoreUnderTest): void {
  it("applies every kind of change together when all expectations hold", async () => {
    const { store, tenant } = current();
    const doomed = rollupRecord(tenant, "doomed", { n: 1 });
    const guard = rollupRecord(tenant, "guard", { n: 1 });
    const counter = rollupRecord(tenant, "counter", { n: 1 });
    const fresh = instanceRecord(tenant, "ins_1");
    await mustWrite(store, put(doomed, "absent"), put(guard, "absent"), put(counter, "absent"));
    await mustWrite(
      store,
      put(fresh, "absent"),
      { kind: "delete", key: doomed.key, expect: 1 },
      { kind: "check", key: guard.key, expect: 1 },
      add(counter.key, { n: 4 }, { n: { max: 5 } }),
    );
    expect(await store.getMany([fresh.key, doomed.key, guard.key, counter.key])).toEqual([
      { ...fresh, version: 1 },
      undefined,
      { ...guard, version: 1 },
      { ...counter, version: 2, body: { n: 5 } },
    ]);
  });

  it("applies nothing when one expectation fails, wherever it stands", async () => {
    const { store, tenant } = current();
    const guard = rollupRecord(tenant, "guard", { n: 1 });
    const counter = rollupRecord(tenant, "counter", { n: 1 });
    const fresh = rollupRecord(tenant, "fresh", { n: 1 });
    await mustWrite(store, put(guard, "absent"), put(counter, "absent"));
    const good = [put(fresh, "absent"), put(counter, 1)];
    const bad = { kind: "check", key: guard.key, expect: 7 } as const;
    for (const place of [0, 1, 2]) {
      const changes = good.toSpliced(place, 0, bad);
      expect(await store.write(changes)).toEqual({
        outcome: "lost",
        conflicts: [{ changeIndex: place, current: { ...guard, version: 1 } }],
      });
    }
    expect(await store.getMany([fresh.key, guard.key, counter.key])).toEqual([
      undefined,
      { ...guard, version: 1 },
      { ...counter, version: 1 },
    ]);
  });

  it("names every change that lost, in order, with what is there", async () => {
    const { store, tenant } = current();
    const there = rollupRecord(tenant, "there", { n: 1 });
    const held = rollupRecord(tenant, "held", { n: 9 });
    const missing = rollupRecord(tenant, "missing", { n: 1 });
    const fine = rollupRecord(tenant, "fine", { n: 1 });
    await mustWrite(store, put(there, "absent"), put(held, "absent"));
    const result = await store.write([
      put(there, "absent"),
      put(fine, "absent"),
      { kind: "delete", key: missing.key, expect: 3 },
      add(held.key, { n: 1 }, { n: { max: 9 } }),
    ]);
    expect(result).toEqual({
      outcome: "lost",
      conflicts: [
        { changeIndex: 0, current: { ...there, version: 1 } },
        { changeIndex: 2, current: undefined },
        { changeIndex: 3, current: { ...held, version: 1 } },
      ],
    });
    expect(await store.get(fine.key)).toBeUndefined();
  });

  it("keeps an invariant over two records while clients move amounts between them", async () => {
    const { store, tenant } = current();
    const left = rollupRecord(tenant, "left", { n: 10 });
    const right = rollupRecord(tenant, "right", { n: 10 });
    await mustWrite(store, put(left, "absent"), put(right, "absent"));
    const atLeastZero = { n: { min: 0 } };
    const move = (from: typeof left, to: typeof left, n: number) =>
      store.write([add(from.key, { n: -n }, atLeastZero), add(to.key, { n })]);
    // One after the other per client, two clients at once: contention without starvation.
    const client = async (from: typeof left, to: typeof left) => {
      for (const n of [3, 4, 5, 6]) await move(from, to, n);
    };
    await Promise.all([client(left, right), client(right, left)]);
    const sides = await store.getMany([left.key, right.key]);
    const amounts = sides.flatMap((side) => Object.values(side?.body ?? {}).map(Number));
    expect(amounts).toHaveLength(2);
    expect(Math.min(...amounts)).toBeGreaterThanOrEqual(0);
    expect(amounts.reduce((sum, n) => sum + n, 0)).toBe(20);
  });
}

function limitTests(current: () => StoreUnderTest): void {
  const rollups = (tenant: string, count: number) =>
    Array.from({ length: count }, (_, n) => put(rollupRecord(tenant, `b${n}`, { n }), "absent"));

  it("takes the largest allowed number of changes at once", async () => {
    const { store, tenant } = current();
    await mustWrite(store, ...rollups(tenant, limits.changesPerWriteMax));
    const last = rollupRecord(tenant, `b${limits.changesPerWriteMax - 1}`, {});
    expect((await store.get(last.key))?.version).toBe(1);
  });

  it("refuses more changes than that as a bug of the caller and writes none", async () => {
    const { store, tenant } = current();
    const tooMany = rollups(tenant, limits.changesPerWriteMax + 1);
    await expect(store.write(tooMany)).rejects.toBeInstanceOf(InvariantError);
    expect(await store.get(rollupRecord(tenant, "b0", {}).key)).toBeUndefined();
  });

  it("refuses two changes of one key as a bug of the caller and writes none", async () => {
    const { store, tenant } = current();
    const record = rollupRecord(tenant, "b1", { n: 1 });
    const twice = [put(record, "absent"), add(record.key, { n: 1 })];
    await expect(store.write(twice)).rejects.toBeInstanceOf(InvariantError);
    expect(await store.get(record.key)).toBeUndefined();
  });

  it("takes a write of no changes for done", async () => {
    expect(await current().store.write([])).toEqual({ outcome: "wrote" });
  });
}
