import { describe, expect, it } from "vitest";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import type { Change } from "../../../shared/ports/store.ts";
import {
  add,
  finishedRecord,
  instanceRecord,
  mustWrite,
  put,
  rollupRecord,
} from "./store-records.ts";

/** What only the in-memory store promises, beside the contract of every store. */
const record = (n: number) => rollupRecord("t", `b${n}`, { n });

describe("the in-memory store", () => {
  it("tells listeners of each write before it resolves, and no more after they leave", async () => {
    const store = openMemoryStore();
    const events: string[] = [];
    const leave = store.watch((changes) => {
      events.push(changes.map(({ position }) => position).join("+"));
    });
    await mustWrite(store, put(record(1), "absent"), put(record(2), "absent"));
    events.push("wrote");
    await store.write([put(record(1), "absent")]);
    leave();
    await mustWrite(store, put(record(3), "absent"));
    expect(events).toEqual(["1+2", "wrote"]);
  });

  it("tells every listener of all writes in one order, though a listener writes itself", async () => {
    const store = openMemoryStore();
    const echoes: Promise<unknown>[] = [];
    const heard: string[][] = [[], []];
    store.watch((changes) => {
      for (const { key, position } of changes) {
        heard[0]?.push(position);
        if (key.sk.startsWith("b1")) echoes.push(store.write([put(record(2), "absent")]));
      }
    });
    store.watch((changes) => {
      for (const { position } of changes) heard[1]?.push(position);
    });
    await mustWrite(store, put(record(1), "absent"), put(record(3), "absent"));
    await Promise.all(echoes);
    expect(heard).toEqual([
      ["1", "2", "3"],
      ["1", "2", "3"],
    ]);
  });

  it("shows every record it holds", async () => {
    const store = openMemoryStore();
    await mustWrite(store, put(record(2), "absent"), put(record(1), "absent"));
    await mustWrite(store, { kind: "delete", key: record(2).key, expect: 1 });
    await mustWrite(store, put(record(3), "absent"));
    expect([...store.all()].map(({ body }) => body)).toEqual([{ n: 1 }, { n: 3 }]);
  });

  it("keeps at least as much of the feed as asked for, and not much more", async () => {
    const store = openMemoryStore({ feedKept: 10 });
    for (let n = 0; n < 100; n++) await mustWrite(store, put(record(n), "absent"));
    const { changes, next } = await store.changes("0", 1_000);
    expect(changes.length).toBeGreaterThanOrEqual(10);
    expect(changes.length).toBeLessThanOrEqual(20);
    expect(next).toBe("100");
    expect(await store.changes("95", 2)).toMatchObject({ next: "97" });
  });
});

describe("the capacity units it counts", () => {
  /** The units of the write that `changes` is, in a store that holds `before`. */
  async function unitsOf(before: readonly Change[], changes: readonly Change[]): Promise<number> {
    let units = 0;
    const meter = {
      count: (unit: string, amount: number) => {
        units += unit === "dynamodb.writeUnits" ? amount : 0;
      },
    };
    const store = openMemoryStore({ meter });
    if (before.length > 0) await mustWrite(store, ...before);
    units = 0;
    await store.write(changes);
    return units;
  }
  const open = instanceRecord("t", "ins_1");
  const moved = instanceRecord("t", "ins_1", { wakeAtMs: 1_800_000_000_000 });

  it.each<[what: string, units: number, before: readonly Change[], changes: readonly Change[]]>([
    ["a small record without index rows", 1, [], [put(record(1), "absent")]],
    ["a new instance: itself, its task row, its wake row", 3, [], [put(open, "absent")]],
    ["an instance whose rows stay", 1, [put(open, "absent")], [put(open, 1)]],
    ["a wake that moves: one row out, one in", 3, [put(open, "absent")], [put(moved, 1)]],
    ["a wake that ends", 2, [put(open, "absent")], [put(finishedRecord("t", "ins_1"), 1)]],
    ["a lost condition", 1, [put(open, "absent")], [put(open, 7)]],
    ["2.5 KB", 3, [], [put(rollupRecord("t", "b", { text: "x".repeat(2_500) }), "absent")]],
    [
      "a shrinking record, by its old size",
      3,
      [put(rollupRecord("t", "b1", { text: "x".repeat(2_500) }), "absent")],
      [put(record(1), 1)],
    ],
    [
      "a transaction of two, doubled",
      4,
      [],
      [put(record(1), "absent"), add(record(2).key, { n: 1 })],
    ],
    [
      "a transaction's check",
      4,
      [put(record(1), "absent")],
      [{ kind: "check", key: record(1).key, expect: 1 }, put(record(2), "absent")],
    ],
    [
      "a transaction doubles no index row",
      2 + 2 + 2,
      [],
      [put(open, "absent"), put(record(1), "absent")],
    ],
  ])("for %s: %d", async (_what, units, before, changes) => {
    expect(await unitsOf(before, changes)).toBe(units);
  });

  it("for reads, by four kilobytes: whole ones by key, halves by query", async () => {
    const counted: number[] = [];
    const store = openMemoryStore({ meter: { count: (_unit, amount) => counted.push(amount) } });
    const large = rollupRecord("t", "b1", { text: "x".repeat(5_000) });
    await mustWrite(store, put(large, "absent"));
    counted.length = 0;
    await store.get(large.key);
    await store.get(record(7).key);
    await store.getMany([large.key, record(7).key]);
    const query = { partition: large.key.pk, order: "ascending", limit: 10 } as const;
    await store.query({ ...query, index: "primary" });
    await store.query({ ...query, index: "task" });
    expect(counted).toEqual([2, 1, 2, 1, 1, 0.5]);
  });
});
