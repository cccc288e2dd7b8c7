import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assignAttempts,
  type FreeWorker,
  fairShare,
  homeOf,
  type WaitingAttempt,
} from "../../../shared/pool/assign.ts";

const strategies = ["round-robin", "least-loaded", "sticky"] as const;
const workerId = fc.stringMatching(/^[a-z][a-z0-9.-]{0,7}$/);
const workers: fc.Arbitrary<FreeWorker[]> = fc.uniqueArray(
  fc.record({
    id: workerId,
    slots: fc.integer({ min: 0, max: 12 }),
    busy: fc.integer({ min: 0, max: 14 }),
    servedAtMs: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
  }),
  { selector: ({ id }) => id, maxLength: 12 },
);
const waiting: fc.Arbitrary<WaitingAttempt[]> = fc
  .array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 })
  .map((kinds) => kinds.map((kind, place) => ({ id: `a${place}`, stickyKey: `k${kind}` })));

function counted(assigned: ReadonlyMap<string, string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of assigned.values()) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

describe("assigning, whatever the line and the workers", () => {
  it.each(strategies)(
    "gives no worker more than it has free, and nobody unknown: %s",
    (strategy) => {
      fc.assert(
        fc.property(waiting, workers, (attempts, all) => {
          const assignment = assignAttempts(strategy, attempts, all);
          if (all.length === 0) {
            expect(assignment.outcome).toBe("no healthy worker");
            return;
          }
          if (assignment.outcome !== "assigned") throw new Error("somebody is healthy");
          for (const [id, count] of counted(assignment.workerOf)) {
            const worker = all.find((each) => each.id === id);
            expect(count).toBeLessThanOrEqual((worker?.slots ?? 0) - (worker?.busy ?? 0));
          }
        }),
      );
    },
  );

  it.each(["round-robin", "least-loaded"] as const)(
    "leaves nothing in line while anybody is free: %s",
    (strategy) => {
      fc.assert(
        fc.property(waiting, workers, (attempts, all) => {
          const assignment = assignAttempts(strategy, attempts, all);
          if (assignment.outcome !== "assigned") return;
          const free = all.reduce((sum, { slots, busy }) => sum + Math.max(0, slots - busy), 0);
          expect(assignment.workerOf.size).toBe(Math.min(free, attempts.length));
        }),
      );
    },
  );

  it("round-robin spreads within one where everybody has room", () => {
    fc.assert(
      fc.property(waiting, workers, (attempts, all) => {
        const roomy = all.map((worker) => ({ ...worker, slots: 100, busy: 0 }));
        const assignment = assignAttempts("round-robin", attempts, roomy);
        if (assignment.outcome !== "assigned") return;
        const counts = counted(assignment.workerOf);
        const each = roomy.map(({ id }) => counts.get(id) ?? 0);
        expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("least-loaded never adds to a worker while a less loaded one is free", () => {
    fc.assert(
      fc.property(workers, (all) => {
        const assignment = assignAttempts("least-loaded", [{ id: "a", stickyKey: "" }], all);
        if (assignment.outcome !== "assigned") return;
        const chosen = all.find(({ id }) => id === assignment.workerOf.get("a"));
        if (chosen === undefined) return;
        const load = ({ slots, busy }: FreeWorker): number => busy / slots;
        const free = all.filter(({ slots, busy }) => slots > busy);
        expect(load(chosen)).toBeCloseTo(Math.min(...free.map(load)));
      }),
    );
  });
});

describe("sticky homes", () => {
  const ids = fc.uniqueArray(workerId, { minLength: 2, maxLength: 10 });
  const keys = Array.from({ length: 300 }, (_, place) => `task-${place}`);

  it("do not depend on the order in which workers are listed", () => {
    fc.assert(
      fc.property(ids, fc.string(), (all, key) => {
        expect(homeOf(key, all.toReversed())).toBe(homeOf(key, all));
      }),
    );
  });

  it("move only the keys of the worker that goes", () => {
    fc.assert(
      fc.property(ids, (all) => {
        const [gone, ...rest] = all;
        for (const key of keys) {
          const before = homeOf(key, all);
          if (before !== gone) expect(homeOf(key, rest)).toBe(before);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("are spread over many workers without a crowd anywhere", () => {
    const all = Array.from({ length: 10 }, (_, place) => `rack-7-worker-${place}`);
    const counts = counted(
      new Map(
        Array.from({ length: 5_000 }, (_, place) => `tenant-42-${place}`).map((key) => [
          key,
          homeOf(key, all) ?? "",
        ]),
      ),
    );
    for (const id of all) {
      expect(counts.get(id)).toBeGreaterThan(380);
      expect(counts.get(id)).toBeLessThan(620);
    }
  });
});

describe("fair shares", () => {
  it("let all free workers together take everything, and none of them more than it has room for", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        (ready, free) => {
          const freeOfAll = free.reduce((sum, each) => sum + each, 0);
          const shares = free.map((each) => fairShare(ready, each, freeOfAll));
          for (const [place, share] of shares.entries()) {
            expect(share).toBeGreaterThanOrEqual(1);
            expect(share).toBeLessThanOrEqual(free[place] ?? 0);
          }
          const together = shares.reduce((sum, each) => sum + each, 0);
          expect(together).toBeGreaterThanOrEqual(Math.min(ready, freeOfAll));
        },
      ),
    );
  });
});
