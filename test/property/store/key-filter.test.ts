import fc from "fast-check";
import { expect, it } from "vitest";
import { KeyFilter } from "../../../functions/adapters/local/embedded/key-filter.ts";

it("never doubts a key that was added", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" }), { maxLength: 200 }), (texts) => {
      const filter = new KeyFilter();
      for (const text of texts) filter.add(text);
      return texts.every((text) => filter.mayHave(text));
    }),
  );
});

it("knows most keys that were not added, however many were", () => {
  const keyOf = (n: number) => `T#default#I#ins_${(1_700_000_000_000 + n).toString(36)}\u0000I`;
  const filter = new KeyFilter();
  const count = 150_000;
  for (let n = 0; n < count; n++) filter.add(keyOf(n));
  let doubted = 0;
  let mistaken = 0;
  for (let n = 0; n < count; n++) {
    if (!filter.mayHave(keyOf(n))) doubted += 1;
    if (filter.mayHave(keyOf(n + 10_000_000))) mistaken += 1;
  }
  expect(doubted).toBe(0);
  expect(mistaken / count).toBeLessThan(0.05);
});
