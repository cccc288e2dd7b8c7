import { describe, expect, it } from "vitest";
import { keys, partitions, timeSort, wakeShard } from "../../../shared/contract/keys.ts";
import { pauseOfTask } from "../../../shared/limit/gate-names.ts";
import type { IndexName, Query, Store } from "../../../shared/ports/store.ts";
import type { StoreUnderTest } from "./store-contract.ts";
import { finishedRecord, instanceRecord, mustWrite, put } from "./store-records.ts";

const start = 1_700_000_000_000;

/** The sparse indexes follow the records. */
export function describeIndexes(current: () => StoreUnderTest): void {
  describe("queries of an index", () => rangeTests(current));
  describe("entries of an index", () => entryTests(current));
}

/** Everything the query finds, as the sort keys of the instances' ids. */
async function idsFound(store: Store, query: Partial<Query> & Pick<Query, "index" | "partition">) {
  const found = await store.query({ order: "ascending", limit: 100, ...query });
  return found.map(({ sort }) => sort.slice(sort.lastIndexOf("#") + 1));
}

/** Whether the wake index shows the instance at that time; the partition is shared by all tenants. */
async function wakesAt(store: Store, id: string, atMs: number): Promise<boolean> {
  const sort = timeSort(atMs, id);
  const found = await store.query({
    index: "wake",
    partition: partitions.wake(wakeShard(id)),
    from: sort,
    to: `${sort}~`,
    order: "ascending",
    limit: 10,
  });
  return found.some((candidate) => candidate.sort === sort);
}

function rangeTests(current: () => StoreUnderTest): void {
  async function prepare() {
    const { store, tenant, settleIndexes } = current();
    const created = [3, 1, 5, 2, 4].map((n) =>
      put(instanceRecord(tenant, `ins_${n}`, { createdAtMs: start + n }), "absent"),
    );
    const other = instanceRecord(tenant, "ins_0", { createdAtMs: start, task: "resize2" });
    await mustWrite(store, ...created, put(other, "absent"));
    await settleIndexes();
    return {
      store,
      tenant,
      base: { index: "task", partition: partitions.byTask(tenant, "resize") } as const,
    };
  }

  it("list the partition in both orders and give the record's key", async () => {
    const { store, tenant, base } = await prepare();
    const ids = ["ins_1", "ins_2", "ins_3", "ins_4", "ins_5"];
    expect(await idsFound(store, base)).toEqual(ids);
    expect(await idsFound(store, { ...base, order: "descending" })).toEqual(ids.toReversed());
    expect(await store.query({ ...base, order: "descending", limit: 1 })).toEqual([
      { key: keys.instance(tenant, "ins_5"), sort: timeSort(start + 5, "ins_5") },
    ]);
  });

  it("start at `from`, end before `to` and stop at `limit`, in both orders", async () => {
    const { store, base } = await prepare();
    const range = { ...base, from: timeSort(start + 2, "ins_2"), to: timeSort(start + 4, "ins_4") };
    expect(await idsFound(store, range)).toEqual(["ins_2", "ins_3"]);
    const down = { ...range, order: "descending" } as const;
    expect(await idsFound(store, down)).toEqual(["ins_3", "ins_2"]);
    expect(await idsFound(store, { ...range, limit: 1 })).toEqual(["ins_2"]);
    expect(await idsFound(store, { ...down, limit: 1 })).toEqual(["ins_3"]);
    expect(await idsFound(store, { ...base, from: timeSort(start + 9, "") })).toEqual([]);
  });
}

function entryTests(current: () => StoreUnderTest): void {
  const listed = (index: IndexName, partition: string) =>
    idsFound(current().store, { index, partition });

  it("appear with the field that makes them and vanish without it", async () => {
    const { store, tenant, settleIndexes } = current();
    const grouped = partitions.byGroup(tenant, "blue");
    await mustWrite(store, put(instanceRecord(tenant, "ins_1"), "absent"));
    await settleIndexes();
    expect(await listed("group", grouped)).toEqual([]);
    await mustWrite(store, put(instanceRecord(tenant, "ins_1", { group: "blue" }), 1));
    await settleIndexes();
    expect(await listed("group", grouped)).toEqual(["ins_1"]);
    await mustWrite(store, put(instanceRecord(tenant, "ins_1"), 2));
    await settleIndexes();
    expect(await listed("group", grouped)).toEqual([]);
  });

  it("move with the wake time and end with the instance", async () => {
    const { store, tenant, settleIndexes } = current();
    const id = `ins_${tenant}`;
    const waking = (wakeAtMs: number) => instanceRecord(tenant, id, { wakeAtMs });
    await mustWrite(store, put(waking(start + 10), "absent"));
    await settleIndexes();
    expect(await wakesAt(store, id, start + 10)).toBe(true);
    await mustWrite(store, put(waking(start + 20), 1));
    await settleIndexes();
    expect(await wakesAt(store, id, start + 10)).toBe(false);
    expect(await wakesAt(store, id, start + 20)).toBe(true);
    await mustWrite(store, put(finishedRecord(tenant, id), 2));
    await settleIndexes();
    expect(await wakesAt(store, id, start + 20)).toBe(false);
    expect(await listed("task", partitions.byTask(tenant, "resize"))).toEqual([id]);
  });

  it("move from partition to partition", async () => {
    const { store, tenant, settleIndexes } = current();
    const pausedIn = (task: string) =>
      instanceRecord(tenant, "ins_1", {
        task,
        state: "pending",
        waiting: "paused",
        waitingFor: pauseOfTask(task),
      });
    const pausedOf = (task: string) => partitions.waiting(tenant, pauseOfTask(task));
    await mustWrite(store, put(pausedIn("resize"), "absent"));
    await settleIndexes();
    expect(await listed("queue", pausedOf("resize"))).toEqual(["ins_1"]);
    await mustWrite(store, put(pausedIn("crop"), 1));
    await settleIndexes();
    expect(await listed("queue", pausedOf("resize"))).toEqual([]);
    expect(await listed("queue", pausedOf("crop"))).toEqual(["ins_1"]);
    expect(await listed("task", partitions.byTask(tenant, "resize"))).toEqual([]);
    expect(await listed("task", partitions.byTask(tenant, "crop"))).toEqual(["ins_1"]);
  });

  it("vanish with a deleted record and come back with a new one", async () => {
    const { store, tenant, settleIndexes } = current();
    const record = instanceRecord(tenant, "ins_1", { group: "blue" });
    const byTask = partitions.byTask(tenant, "resize");
    await mustWrite(store, put(record, "absent"));
    await mustWrite(store, { kind: "delete", key: record.key, expect: 1 });
    await settleIndexes();
    expect(await listed("task", byTask)).toEqual([]);
    expect(await listed("group", partitions.byGroup(tenant, "blue"))).toEqual([]);
    await mustWrite(store, put(record, "absent"));
    await settleIndexes();
    expect(await listed("task", byTask)).toEqual(["ins_1"]);
  });

  it("stay as they are when the write that would change them is lost", async () => {
    const { store, tenant, settleIndexes } = current();
    await mustWrite(store, put(instanceRecord(tenant, "ins_1", { group: "blue" }), "absent"));
    const moved = instanceRecord(tenant, "ins_1", { group: "green" });
    expect((await store.write([put(moved, 4)])).outcome).toBe("lost");
    await settleIndexes();
    expect(await listed("group", partitions.byGroup(tenant, "blue"))).toEqual(["ins_1"]);
    expect(await listed("group", partitions.byGroup(tenant, "green"))).toEqual([]);
  });
}
