import { describe, expect, it } from "vitest";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import { idOfOrderedKey, orderedKeys } from "../../../shared/core/ordered-key.ts";

const random = "0123456789abc";

describe("ordered idempotency keys", () => {
  it("sort by time and then by place", () => {
    const early = orderedKeys(1_795_000_000_000, random);
    const late = orderedKeys(1_795_000_000_001, random);
    const keys = [early(0), early(1), early(31), early(32), early(999), late(0)];
    expect([...keys].sort()).toEqual(keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("name the instance they make, the same one every time, between ids of that time", () => {
    const ids = openIds();
    const atMs = 1_795_000_000_000;
    const key = orderedKeys(atMs, random)(7);
    const id = ids.derivedInstanceId("acme", key);
    expect(id).toBe(`ins_${idOfOrderedKey(key)}`);
    expect(ids.derivedInstanceId("acme", key)).toBe(id);
    expect(id > ids.newId("ins", atMs - 1)).toBe(true);
    expect(id < ids.newId("ins", atMs + 1)).toBe(true);
  });

  it.each([
    "order-17",
    "sw_",
    "sw_0123",
    `sw_z${"0".repeat(25)}`,
    `sw_0${"i".repeat(25)}`,
    `SW_0${"0".repeat(25)}`,
  ])("are not mistaken for the user's own key %s, whose id is hashed with the tenant", (key) => {
    const ids = openIds();
    expect(ids.derivedInstanceId("acme", key)).toMatch(/^ins_k[0-9a-z]{25}$/);
    expect(ids.derivedInstanceId("acme", key)).not.toBe(ids.derivedInstanceId("other", key));
  });
});
