import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { FairLine } from "../../../shared/limit/fair-line.ts";

interface Coming {
  readonly tenant: string;
  readonly lane?: string;
  readonly priority?: number;
  readonly atMs?: number;
}

function lineOf(coming: readonly (Coming & { readonly name: string })[]): FairLine<string> {
  const line = new FairLine<string>();
  for (const { name, tenant, lane = "a", priority = 5, atMs = 0 } of coming) {
    line.push(name, { tenant, lane, priority, atMs });
  }
  return line;
}

function emptied<Item>(line: FairLine<Item>): Item[] {
  const items: Item[] = [];
  for (let next = line.peek(); next !== undefined; next = line.peek()) {
    const before = line.size;
    expect(line.shift()).toBe(next);
    expect(line.size).toBe(before - 1);
    items.push(next);
  }
  expect(line.shift()).toBeUndefined();
  return items;
}

describe("a fair line", () => {
  it("lets tenants take turns", () => {
    const noisy = Array.from({ length: 6 }, (_, n) => ({ name: `noisy ${n}`, tenant: "noisy" }));
    const quiet = [
      { name: "quiet 0", tenant: "quiet" },
      { name: "quiet 1", tenant: "quiet" },
    ];
    expect(emptied(lineOf([...noisy, ...quiet])).slice(0, 4)).toEqual([
      "noisy 0",
      "quiet 0",
      "noisy 1",
      "quiet 1",
    ]);
  });

  it("lets the lanes of a tenant take turns", () => {
    const coming = [
      { name: "a0", tenant: "t", lane: "a" },
      { name: "a1", tenant: "t", lane: "a" },
      { name: "a2", tenant: "t", lane: "a" },
      { name: "b0", tenant: "t", lane: "b" },
    ];
    expect(emptied(lineOf(coming))).toEqual(["a0", "b0", "a1", "a2"]);
  });

  it("lets the urgent overtake in a lane, and nobody wait for ever", () => {
    const lateMs = 4 * limits.priorityStepMs + 1;
    const coming = [
      { name: "usual", tenant: "t", priority: 5 },
      { name: "urgent", tenant: "t", priority: 9 },
      { name: "late and urgent", tenant: "t", priority: 9, atMs: lateMs },
    ];
    expect(emptied(lineOf(coming))).toEqual(["urgent", "usual", "late and urgent"]);
  });

  it("keeps the order of equals", () => {
    const names = Array.from({ length: 100 }, (_, n) => String(n));
    expect(emptied(lineOf(names.map((name) => ({ name, tenant: "t" }))))).toEqual(names);
  });

  it("never lets anybody wait for more than its bound, whatever others send", () => {
    const coming = fc.array(
      fc.record({
        tenant: fc.constantFrom("a", "b", "c"),
        lane: fc.constantFrom("x", "y"),
        priority: fc.integer({ min: 0, max: 9 }),
        atMs: fc.nat(600_000),
        takes: fc.nat(2),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(coming, (arrivals) => {
        const line = new FairLine<(typeof arrivals)[number]>();
        const waiting: typeof arrivals = [];
        const passedBy = new Map<string, number>();
        const take = (): void => {
          const taken = line.shift();
          if (taken === undefined) return;
          waiting.splice(waiting.indexOf(taken), 1);
          const lane = `${taken.tenant} ${taken.lane}`;
          const lanes = new Set(waiting.map((each) => `${each.tenant} ${each.lane}`));
          passedBy.set(lane, 0);
          for (const other of lanes) {
            if (other === lane) continue;
            const count = (passedBy.get(other) ?? 0) + 1;
            passedBy.set(other, count);
            // Three tenants of two lanes each: at most two rounds, of three turns each.
            expect(count).toBeLessThanOrEqual(6);
          }
          const inLane = waiting.filter((each) => `${each.tenant} ${each.lane}` === lane);
          const placeOf = (each: typeof taken) =>
            each.atMs + (9 - each.priority) * limits.priorityStepMs;
          for (const other of inLane) expect(placeOf(taken)).toBeLessThanOrEqual(placeOf(other));
        };
        for (const each of arrivals) {
          line.push(each, each);
          waiting.push(each);
          for (let turn = 0; turn < each.takes; turn++) take();
        }
        while (line.size > 0) take();
        expect(waiting).toEqual([]);
      }),
    );
  });
});
