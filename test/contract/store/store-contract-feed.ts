import { describe, expect, it } from "vitest";
import type { FeedChange, Store } from "../../../shared/ports/store.ts";
import type { StoreUnderTest } from "./store-contract.ts";
import { add, instanceRecord, mustWrite, put, rollupRecord } from "./store-records.ts";

/** Reads on from a position until nothing new is there. */
export async function readFeed(store: Store, from: string, limit = 100) {
  const changes: FeedChange[] = [];
  for (let position = from; ; ) {
    const page = await store.changes(position, limit);
    expect(page.changes.length).toBeLessThanOrEqual(limit);
    changes.push(...page.changes);
    if (page.next === position) return { changes, next: position };
    position = page.next;
  }
}

const facts = (changes: readonly FeedChange[]) =>
  changes.map(({ key, record }) => `${key.sk} ${record === undefined ? "gone" : record.version}`);

type Order = "commit order" | "record order";

/** The change feed. With "record order" only the order per record is looked at. */
export function describeFeed(current: () => StoreUnderTest, order: Order): void {
  describe("the change feed", () => {
    contentTests(current, order);
    positionTests(current, order);
  });
}

function contentTests(current: () => StoreUnderTest, order: Order): void {
  const inOrder = (changes: readonly FeedChange[]) =>
    order === "commit order" ? facts(changes) : facts(changes).sort();
  const wanted = (...lines: string[]) => (order === "commit order" ? lines : lines.toSorted());

  it("gives every accepted change with the record as that write left it", async () => {
    const { store, tenant } = current();
    const { next: from } = await readFeed(store, "0");
    const record = instanceRecord(tenant, "ins_1");
    const moved = instanceRecord(tenant, "ins_1", { priority: 9 });
    await mustWrite(store, put({ ...record, expiresAtMs: 4_102_444_800_000 }, "absent"));
    await mustWrite(store, put(moved, 1));
    await mustWrite(store, { kind: "delete", key: record.key, expect: 2 });
    const { changes } = await readFeed(store, from);
    expect(changes.map(({ position: _position, ...change }) => change)).toEqual([
      {
        key: record.key,
        type: "instance",
        record: { ...record, version: 1, expiresAtMs: 4_102_444_800_000 },
      },
      { key: record.key, type: "instance", record: { ...moved, version: 2 } },
      { key: record.key, type: "instance", record: undefined },
    ]);
  });

  it("shows sums as records and leaves out checks and lost writes", async () => {
    const { store, tenant } = current();
    const { next: from } = await readFeed(store, "0");
    const a = rollupRecord(tenant, "a", { n: 1 });
    const b = rollupRecord(tenant, "b", { n: 1 });
    await mustWrite(store, put(a, "absent"), add(b.key, { n: 2 }));
    await mustWrite(store, { kind: "check", key: a.key, expect: 1 }, add(b.key, { n: 3 }));
    await store.write([put(a, 7), add(b.key, { n: 1 })]);
    await store.write([add(b.key, { n: 1 }, { n: { max: 1 } })]);
    const { changes } = await readFeed(store, from);
    expect(inOrder(changes)).toEqual(wanted("a#lambda 1", "b#lambda 1", "b#lambda 2"));
    expect(changes.findLast(({ key }) => key.sk === "b#lambda")?.record?.body).toEqual({ n: 5 });
  });

  it("keeps the changes of one record in order and loses none under concurrent writers", async () => {
    const { store, tenant } = current();
    const { next: from } = await readFeed(store, "0");
    const counters = ["a", "b", "c"].map((name) => rollupRecord(tenant, name, {}).key);
    const client = async () => {
      for (let n = 0; n < 5; n++) {
        for (const key of counters) await mustWrite(store, add(key, { n: 1 }));
      }
    };
    await Promise.all([client(), client(), client()]);
    const { changes } = await readFeed(store, from, 7);
    for (const key of counters) {
      const versions = changes.filter((change) => change.key.sk === key.sk);
      expect(versions.map(({ record }) => record?.version)).toEqual(
        Array.from({ length: 15 }, (_, n) => n + 1),
      );
    }
  });
}

function positionTests(current: () => StoreUnderTest, order: Order): void {
  it("goes on after any position of it, whatever the page size", async () => {
    const { store, tenant } = current();
    const { next: from } = await readFeed(store, "0");
    for (let n = 0; n < 6; n++) {
      const counter = rollupRecord(tenant, `c${n}`, {});
      await mustWrite(
        store,
        add(counter.key, { n: 1 }),
        add(rollupRecord(tenant, "all", {}).key, { n }),
      );
    }
    const { changes } = await readFeed(store, from);
    expect(changes).toHaveLength(12);
    for (const limit of [1, 5, 100]) {
      expect((await readFeed(store, from, limit)).changes).toEqual(changes);
    }
    if (order === "record order") return;
    for (const [index, { position }] of changes.entries()) {
      expect((await readFeed(store, position)).changes).toEqual(changes.slice(index + 1));
    }
  });

  it("has positions of decimal digits that grow", async () => {
    const { store, tenant } = current();
    const { next: from } = await readFeed(store, "0");
    for (let n = 0; n < 12; n++)
      await mustWrite(store, add(rollupRecord(tenant, "a", {}).key, { n: 1 }));
    const { changes } = await readFeed(store, from);
    const positions = changes.map(({ position }) => position);
    for (const position of [from, ...positions]) expect(position).toMatch(/^\d+$/);
    const numbers = positions.map(BigInt);
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(positions).size).toBe(12);
  });

  it("answers where it was asked from when nothing is new", async () => {
    const { store, tenant } = current();
    await mustWrite(store, put(rollupRecord(tenant, "a", { n: 1 }), "absent"));
    const { next } = await readFeed(store, "0");
    expect(await store.changes(next, 10)).toEqual({ changes: [], next });
  });
}
