import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { awsClientDefaults } from "../../../functions/adapters/aws/aws-call.ts";
import { openDynamoStore } from "../../../functions/adapters/aws/dynamo/dynamo-store.ts";
import { InvariantError, TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { silentMeter } from "../../../shared/ports/meter.ts";
import { add, instanceRecord, put, rollupRecord } from "../store/store-records.ts";
import {
  describeOverTheWire,
  type LocalDynamo,
  openFreshStore,
  startLocalDynamo,
} from "./local-dynamo.ts";
import { noise } from "./noise.ts";
import { steppedPace } from "./scripted-client.ts";

/** A real server behind a wire that delivers requests but loses the first answers. */
function behindCutWire(dynamo: LocalDynamo, tableName: string, answersLost: number) {
  const real = dynamo.client.config.requestHandler;
  let delivered = 0;
  const requestHandler = {
    async handle(...request: Parameters<typeof real.handle>) {
      const answer = await real.handle(...request);
      delivered += 1;
      if (delivered > answersLost) return answer;
      throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  } as unknown as NonNullable<DynamoDBClientConfig["requestHandler"]>;
  const client = new DynamoDBClient({
    ...awsClientDefaults,
    requestHandler,
    endpoint: dynamo.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const { pace } = steppedPace();
  return {
    store: openDynamoStore({ client, tableName, meter: silentMeter, pace }),
    delivered: () => delivered,
  };
}

describeOverTheWire("writes to a real server whose answers are lost", () => {
  let dynamo: LocalDynamo;
  beforeAll(async () => {
    dynamo = await startLocalDynamo();
  });
  afterAll(() => dynamo.stop());

  async function open(answersLost: number) {
    const { store: plain, tableName } = await openFreshStore(dynamo);
    return { plain, ...behindCutWire(dynamo, tableName, answersLost) };
  }

  it("are wrote, once, when they were applied", async () => {
    const { plain, store, delivered } = await open(2);
    const record = instanceRecord("t1", "ins_1");
    expect(await store.write([put(record, "absent")])).toEqual({ outcome: "wrote" });
    expect(delivered()).toBe(3);
    expect(await plain.get(record.key)).toEqual({ ...record, version: 1 });
  });

  it("count the sums of a transaction once, because its token and its put guard them", async () => {
    const { plain, store, delivered } = await open(3);
    const guard = rollupRecord("t1", "guard", { upTo: "9" });
    const sum = rollupRecord("t1", "sum", {});
    const result = await store.write([put(guard, "absent"), add(sum.key, { n: 5 })]);
    expect(result).toEqual({ outcome: "wrote" });
    expect(delivered()).toBe(4);
    expect((await plain.get(sum.key))?.body).toEqual({ n: 5 });
  });

  it("leave a lone sum applied at most once, and say that they do not know", async () => {
    const { plain, store } = await open(1);
    const sum = rollupRecord("t1", "sum", {});
    await expect(store.write([add(sum.key, { n: 5 })])).rejects.toBeInstanceOf(TransientError);
    expect((await plain.get(sum.key))?.body).toEqual({ n: 5 });
  });

  it("may add to as many fields at once as an expression holds", async () => {
    const { store } = await open(0);
    const sum = rollupRecord("t1", "wide", {});
    const fields = Array.from({ length: 251 }, (_, n) => [`a-rather-long-field-${n}`, n] as const);
    const wide = add(sum.key, Object.fromEntries(fields.slice(0, 250)));
    expect(await store.write([wide])).toEqual({ outcome: "wrote" });
    expect((await store.get(sum.key))?.body["a-rather-long-field-249"]).toBe(249);
    const wider = store.write([add(sum.key, Object.fromEntries(fields))]);
    await expect(wider).rejects.toBeInstanceOf(InvariantError);
  });

  it("fail for good when a record is larger than an item may be", async () => {
    const { store } = await open(0);
    const huge = rollupRecord("t1", "huge", { text: noise(600_000) });
    const failure = store.write([put(huge, "absent")]);
    await expect(failure).rejects.toBeInstanceOf(TerminalError);
    await expect(failure).rejects.toThrow(/Item size/);
  });
});
