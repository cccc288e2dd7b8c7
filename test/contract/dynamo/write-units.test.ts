import { afterAll, beforeAll, expect, it } from "vitest";
import { keys } from "../../../shared/contract/keys.ts";
import type { Change, Store } from "../../../shared/ports/store.ts";
import { add, mustWrite, put, rollupRecord } from "../store/store-records.ts";
import {
  countingMeter,
  describeOverTheWire,
  type LocalDynamo,
  openFreshStore,
  startLocalDynamo,
} from "./local-dynamo.ts";
import { noise } from "./noise.ts";
import { plainLife } from "./plain-life.ts";

describeOverTheWire("what the store's operations consume", () => {
  let dynamo: LocalDynamo;
  let store: Store;
  const meter = countingMeter();
  beforeAll(async () => {
    dynamo = await startLocalDynamo();
    ({ store } = await openFreshStore(dynamo, meter));
  });
  afterAll(() => dynamo.stop());

  async function writeUnits(...changes: Change[]): Promise<number> {
    meter.take("dynamodb.writeUnits");
    await mustWrite(store, ...changes);
    return meter.take("dynamodb.writeUnits");
  }

  it("is six write units for a plain instance: three to create it, one to confirm, two to finish", async () => {
    const { dispatched, running, succeeded } = plainLife("ins_plain");
    expect(await writeUnits(put(dispatched, "absent"))).toBe(3);
    expect(await writeUnits(put(running, 1))).toBe(1);
    expect(await writeUnits(put(succeeded, 2))).toBe(2);
  });

  it("is one more for an instance of a group, and one per KiB that does not fit", async () => {
    const grouped = plainLife("ins_grouped", { group: "blue" });
    expect(await writeUnits(put(grouped.dispatched, "absent"))).toBe(4);
    expect(await writeUnits(put(grouped.running, 1))).toBe(1);
    const large = plainLife("ins_large", { input: noise(3_000) });
    expect(await writeUnits(put(large.dispatched, "absent"))).toBe(5);
  });

  it("is double in transactions, checks included", async () => {
    const record = rollupRecord("t1", "b1", { n: 1 });
    expect(await writeUnits(put(record, "absent"))).toBe(1);
    const sum = add(rollupRecord("t1", "b2", {}).key, { n: 1 });
    expect(await writeUnits(sum)).toBe(1);
    const check: Change = { kind: "check", key: record.key, expect: 1 };
    expect(await writeUnits(check, sum)).toBe(4);
  });

  it("is a read unit for a get, and nothing to write for a lone check", async () => {
    const key = keys.instance("default", "ins_plain");
    meter.take("dynamodb.readUnits");
    expect((await store.get(key))?.version).toBe(3);
    expect(meter.take("dynamodb.readUnits")).toBe(1);
    expect(await writeUnits({ kind: "check", key, expect: 3 })).toBe(0);
    expect(meter.take("dynamodb.readUnits")).toBe(1);
  });
});
