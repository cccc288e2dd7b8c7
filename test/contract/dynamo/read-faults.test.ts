import { describe, expect, it } from "vitest";
import { itemOf } from "../../../functions/adapters/aws/dynamo/record-item.ts";
import { partitions, timeSort } from "../../../shared/contract/keys.ts";
import { InvariantError, TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { rollupRecord } from "../store/store-records.ts";
import {
  inTurn,
  ok,
  refused,
  type SentRequest,
  scriptedStore,
  wireItem,
} from "./scripted-client.ts";

const records = [0, 1, 2].map((n) => rollupRecord("t1", `b${n}`, { n }));
const wire = records.map((record) => wireItem(itemOf(record, 1)));
const table = "switchyard-test";

/** The answer of a batch that gave some items and left some keys for later. */
function batch(given: readonly number[], left: readonly number[] = []) {
  const keys = left.map((n) => {
    const { pk, sk } = records[n]?.key ?? { pk: "", sk: "" };
    return { pk: { S: pk }, sk: { S: sk } };
  });
  return ok({
    Responses: { [table]: given.map((n) => wire[n]) },
    ...(left.length > 0 ? { UnprocessedKeys: { [table]: { Keys: keys } } } : {}),
    ConsumedCapacity: [{ TableName: table, CapacityUnits: given.length }],
  });
}

const asked = (sent: readonly SentRequest[]) =>
  sent.map(({ input }) => input.RequestItems[table].Keys.length);

describe("reads of many keys", () => {
  const keys = records.map((record) => record.key);

  it("ask again for the keys that were left out, and count what each answer consumed", async () => {
    const { store, sent, meter } = scriptedStore(
      inTurn(batch([2], [0, 1]), batch([1], [0]), batch([0])),
    );
    const found = await store.getMany(keys);
    expect(found.map((record) => record?.body)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(asked(sent)).toEqual([3, 2, 1]);
    expect(meter.take("dynamodb.readUnits")).toBe(3);
  });

  it("pause when no key at all was answered, and fail as throttled when that goes on", async () => {
    const { store, sent, sleptMs } = scriptedStore(() => batch([], [0, 1, 2]));
    await expect(store.getMany(keys)).rejects.toMatchObject({
      name: "TransientError",
      retryAfterMs: 1_000,
    });
    expect(sent).toHaveLength(5);
    expect(sleptMs).toEqual([12, 25, 50, 100]);
  });

  it("are strongly consistent, as are reads of one key", async () => {
    const { store, sent } = scriptedStore(inTurn(batch([0]), ok({ Item: wire[0] })));
    const [key] = keys;
    if (key === undefined) throw new Error("there are keys");
    await store.getMany([key]);
    expect((await store.get(key))?.body).toEqual({ n: 0 });
    expect(sent[0]?.input.RequestItems[table].ConsistentRead).toBe(true);
    expect(sent[1]?.input.ConsistentRead).toBe(true);
  });
});

describe("reads on a bad day", () => {
  it("are repeated when the answer is lost, broken or a refusal that passes", async () => {
    const { store, sent } = scriptedStore(
      inTurn(
        { connection: "ECONNRESET" },
        refused("InternalServerError", {}, 500),
        refused("ThrottlingException"),
        ok({}),
      ),
    );
    expect(await store.get({ pk: "p", sk: "s" })).toBeUndefined();
    expect(sent).toHaveLength(4);
  });

  it("say which action, table and region when access is denied", async () => {
    const { store } = scriptedStore(inTurn(refused("AccessDeniedException")));
    const failure = store.get({ pk: "p", sk: "s" });
    await expect(failure).rejects.toBeInstanceOf(TerminalError);
    await expect(failure).rejects.toThrow(/dynamodb:GetItem on table switchyard-test in region/);
  });

  it("become transient errors when the service stays silent", async () => {
    const { store } = scriptedStore(() => ({ connection: "ECONNREFUSED" }));
    await expect(store.get({ pk: "p", sk: "s" })).rejects.toBeInstanceOf(TransientError);
  });
});

describe("queries", () => {
  const partition = partitions.byTask("t1", "resize");
  const entry = (n: number) => ({
    pk: { S: `T#t1#I#ins_${n}` },
    sk: { S: "I" },
    tp: { S: partition },
    ts: { S: timeSort(n, `ins_${n}`) },
  });
  const base = { index: "task", partition, order: "ascending", limit: 3 } as const;

  it("follow empty and short pages until the limit, asking only for what is missing", async () => {
    const more = (n: number) => ({
      LastEvaluatedKey: entry(n),
      ConsumedCapacity: { CapacityUnits: 0.5 },
    });
    const { store, sent, meter } = scriptedStore(
      inTurn(
        ok({ Items: [entry(1)], ...more(1) }),
        ok({ Items: [], ...more(2) }),
        ok({ Items: [entry(3), entry(4)], ...more(4) }),
      ),
    );
    const found = await store.query(base);
    expect(found.map(({ sort }) => sort)).toEqual([1, 3, 4].map((n) => timeSort(n, `ins_${n}`)));
    expect(found[0]?.key).toEqual({ pk: "T#t1#I#ins_1", sk: "I" });
    expect(sent.map(({ input }) => input.Limit)).toEqual([3, 2, 2]);
    expect(sent[2]?.input.ExclusiveStartKey).toEqual(entry(2));
    expect(meter.take("dynamodb.readUnits")).toBe(1.5);
  });

  it("leave out the end of the range, which the wire includes, and fill up behind it", async () => {
    const range = {
      ...base,
      order: "descending",
      from: timeSort(1, ""),
      to: timeSort(3, "ins_3"),
    } as const;
    const { store, sent } = scriptedStore(
      inTurn(
        ok({ Items: [entry(3)], LastEvaluatedKey: entry(3) }),
        ok({ Items: [entry(2), entry(1)] }),
      ),
    );
    const found = await store.query(range);
    expect(found.map(({ sort }) => sort)).toEqual([2, 1].map((n) => timeSort(n, `ins_${n}`)));
    expect(sent[0]?.input.KeyConditionExpression).toBe("#p = :p AND #s BETWEEN :from AND :to");
  });

  it("ask nothing when the range is empty, and take an empty lower bound for none", async () => {
    const { store, sent } = scriptedStore(inTurn(ok({ Items: [] })));
    expect(await store.query({ ...base, from: "b", to: "b" })).toEqual([]);
    expect(await store.query({ ...base, from: "b", to: "a" })).toEqual([]);
    expect(await store.query({ ...base, to: "" })).toEqual([]);
    expect(sent).toHaveLength(0);
    await store.query({ ...base, from: "" });
    expect(sent[0]?.input.KeyConditionExpression).toBe("#p = :p");
  });

  it("read keys only, strongly where the table itself is asked", async () => {
    const { store, sent } = scriptedStore(() => ok({ Items: [] }));
    await store.query({ ...base, index: "primary" });
    await store.query(base);
    expect(sent[0]?.input).toMatchObject({ ConsistentRead: true, ProjectionExpression: "#p, #s" });
    expect(sent[1]?.input.IndexName).toBe("task");
    expect(sent[1]?.input.ConsistentRead).toBeUndefined();
  });

  it("refuse a limit outside the store's bounds as a bug of the caller", async () => {
    const { store } = scriptedStore(inTurn());
    for (const limit of [0, 1_001, 1.5]) {
      await expect(store.query({ ...base, limit })).rejects.toBeInstanceOf(InvariantError);
    }
  });
});
