import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBody } from "../../../functions/adapters/aws/dynamo/body-codec.ts";
import { bodyDictionaries } from "../../../functions/adapters/aws/dynamo/body-dictionary.ts";
import { itemBytes } from "../../../functions/adapters/aws/dynamo/item-size.ts";
import { itemOf, recordOf } from "../../../functions/adapters/aws/dynamo/record-item.ts";
import { recordTypeOfKey } from "../../../functions/adapters/aws/dynamo/record-type-of-key.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { InvariantError } from "../../../shared/core/errors.ts";
import type { Key, NewRecord } from "../../../shared/ports/store.ts";
import { finishedRecord, instanceRecord, rollupRecord } from "../store/store-records.ts";
import { plainLife } from "./plain-life.ts";

/** What has to come back: the body as JSON carries it. */
const throughJson = (body: object): unknown => JSON.parse(JSON.stringify(body));

describe("an item of the table", () => {
  it("gives back any record that JSON can carry, packed or not", () => {
    const bodies = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 12 });
    const types = fc.constantFrom("task", "log", "rollup", "checkpoint");
    fc.assert(
      fc.property(types, bodies, fc.nat({ max: 40 }), (type, small, copies) => {
        // Repeats make bodies large enough to be worth packing.
        const body = { ...small, repeated: Array(copies).fill({ ...small, command: "confirm" }) };
        const record: NewRecord<object> = { key: { pk: "T#t#X", sk: "x" }, type, body };
        const back = recordOf(itemOf(record, 7));
        expect(back).toEqual({ ...record, version: 7, body: throughJson(body) });
      }),
      { numRuns: 200 },
    );
  });

  it("keeps the top-level numbers of sums apart, and everything else in the body", () => {
    const body = { runs: 3, costUsd: 0.125, tiny: 5e-324, label: "x", nested: { runs: 1 }, "": 1 };
    const item = itemOf(rollupRecord("t1", "b1", body), 1);
    expect(item["+runs"]).toEqual({ N: "3" });
    expect(item["+costUsd"]).toEqual({ N: "0.125" });
    expect(item["+"]).toEqual({ N: "1" });
    expect(item.b?.S).toBe('{"tiny":5e-324,"label":"x","nested":{"runs":1}}');
    expect(recordOf(item).body).toEqual(body);
  });

  it("has the attributes of its index entries, and none of the indexes it is not in", () => {
    const open = itemOf(instanceRecord("t1", "ins_1", { group: "blue" }), 1);
    expect(Object.keys(open).toSorted()).toEqual("b gp gs pk sk t tp ts v wp ws".split(" "));
    const finished = itemOf(finishedRecord("t1", "ins_1"), 2);
    expect(Object.keys(finished).toSorted()).toEqual("b pk sk t tp ts v".split(" "));
  });

  it("expires in whole seconds, never before the time it was given", () => {
    const item = itemOf({ ...rollupRecord("t1", "b1", {}), expiresAtMs: 1_001 }, 1);
    expect(item.x).toEqual({ N: "2" });
    expect(recordOf(item).expiresAtMs).toBe(2_000);
  });

  it("is refused when it was made by something that this version does not know", () => {
    const item = itemOf(plainLife().succeeded, 3);
    expect(item.b?.B?.[0]).toBe(2);
    const unknownPacking = { ...item, b: { B: Buffer.from([9, 1, 2, 3]) } };
    expect(() => recordOf(unknownPacking)).toThrow(InvariantError);
    expect(() => recordOf(unknownPacking)).toThrow(/dictionary 9.*newer version/);
    expect(() => recordOf({ ...item, t: { S: "mystery" } })).toThrow(/record type "mystery"/);
    expect(() => recordOf({ pk: { S: "p" }, sk: { S: "s" } })).toThrow(InvariantError);
  });
});

describe("the packing of bodies", () => {
  it("keeps every state of a plain instance far below one write unit", () => {
    const sizes = Object.entries(plainLife()).map(([state, record]) => {
      const jsonBytes = Buffer.byteLength(JSON.stringify(record.body));
      return { state, jsonBytes, itemBytes: itemBytes(itemOf(record, record.body.version)) };
    });
    expect(sizes.every(({ jsonBytes }) => jsonBytes > 950)).toBe(true);
    expect(sizes.every((size) => size.itemBytes < 640)).toBe(true);
  });

  it("leaves bodies readable as long as packing saves no write unit", () => {
    const small = rollupRecord("t1", "b1", { text: "x".repeat(900) });
    expect(itemOf(small, 1).b?.S).toContain("xxx");
    const incompressible = {
      text: Array.from({ length: 21 }, (_, n) => hashText(`noise ${n}`)).join(""),
    };
    expect(itemOf(rollupRecord("t1", "b1", incompressible), 1).b?.S).toBeDefined();
    const large = rollupRecord("t1", "b1", { text: "x".repeat(2_000) });
    expect(itemOf(large, 1).b?.B).toBeDefined();
  });

  it("stays readable when it was done with an earlier dictionary", () => {
    const json = JSON.stringify(plainLife().succeeded.body);
    for (const [number, dictionary] of Object.entries(bodyDictionaries)) {
      const packed = deflateRawSync(json, { dictionary: Buffer.from(dictionary) });
      const value = { B: Buffer.concat([Buffer.of(Number(number)), packed]) };
      expect(decodeBody(value)).toBe(json);
    }
  });

  it("never changes a published dictionary: bodies packed with it are in tables", () => {
    const fingerprints = Object.fromEntries(
      Object.entries(bodyDictionaries).map(([number, text]) => [
        number,
        createHash("sha256").update(text).digest("hex").slice(0, 16),
      ]),
    );
    expect(fingerprints).toEqual({ 1: "cfb933b3ad3f68a1", 2: "5a4c0dc5caaa64ef" });
  });
});

describe("the type of a deleted record", () => {
  it("shows in the key of every type", () => {
    expect(recordTypeOfKey(keys.taskHead("t1", "resize"))).toBe("task");
    expect(recordTypeOfKey(keys.taskVersion("t1", "TASKS", 3))).toBe("task-version");
    expect(recordTypeOfKey(keys.instance("t1", "ins_1"))).toBe("instance");
    expect(recordTypeOfKey(keys.log("t1", "ins_1", "att_1"))).toBe("log");
    expect(recordTypeOfKey(keys.payloadClaim("t1", "p1"))).toBe("payload-claim");
    expect(recordTypeOfKey(keys.rollup("t1", "resize", "2026-11-20T21", "lambda"))).toBe("rollup");
    expect(recordTypeOfKey(keys.checkpoint("observe", "shard-1"))).toBe("checkpoint");
    expect(recordTypeOfKey(keys.rulesHead("t1"))).toBe("rules");
    expect(recordTypeOfKey(keys.rulesVersion("t1", 2))).toBe("rules");
    expect(recordTypeOfKey(keys.profile("t1", "resize"))).toBe("profile");
    expect(recordTypeOfKey(keys.pool("t1", "tokyo"))).toBe("pool");
    expect(recordTypeOfKey(keys.worker("t1", "tokyo", "w-1"))).toBe("worker");
    expect(recordTypeOfKey(keys.functionHead("t1", "resize"))).toBe("function");
    expect(recordTypeOfKey(keys.functionVersion("t1", "resize", "ab"))).toBe("function");
    expect(recordTypeOfKey(keys.slots("t1", "task/resize", 1))).toBe("slots");
    expect(recordTypeOfKey(keys.rate("t1", "task/resize"))).toBe("rate");
    expect(recordTypeOfKey(keys.schedule("t1", "nightly"))).toBe("schedule");
    expect(recordTypeOfKey(keys.slot("t1", "nightly", 5, "1"))).toBe("slot");
    expect(recordTypeOfKey({ pk: "X#t1", sk: "I" })).toBeUndefined();
  });

  it("shows in every kind of key that there is", () => {
    const sample = (make: (...parts: never[]) => Key) =>
      (make as (...parts: unknown[]) => Key)("t1", "one", 2, "three");
    const types = Object.values(keys).map((make) => recordTypeOfKey(sample(make)));
    expect(types).not.toContain(undefined);
  });
});

function hashText(text: string): string {
  return createHash("sha512").update(text).digest("base64");
}
