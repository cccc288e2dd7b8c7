import { describe, expect, it } from "vitest";
import {
  assignAttempts,
  type FreeWorker,
  fairShare,
  homeOf,
  type WaitingAttempt,
} from "../../../shared/pool/assign.ts";

const attempts = (count: number): readonly WaitingAttempt[] =>
  Array.from({ length: count }, (_, place) => ({ id: `a${place}`, stickyKey: `k${place}` }));

const worker = (id: string, slots: number, busy = 0, servedAtMs = 0): FreeWorker => ({
  id,
  slots,
  busy,
  servedAtMs,
});

function workersOf(
  strategy: "round-robin" | "least-loaded" | "sticky",
  waiting: readonly WaitingAttempt[],
  workers: readonly FreeWorker[],
): readonly (string | undefined)[] {
  const assignment = assignAttempts(strategy, waiting, workers);
  if (assignment.outcome !== "assigned") throw new Error(assignment.outcome);
  return waiting.map(({ id }) => assignment.workerOf.get(id));
}

describe("assigning a pool's attempts", () => {
  it.each(["round-robin", "least-loaded", "sticky"] as const)(
    "says so when no worker is healthy: %s",
    (strategy) => {
      expect(assignAttempts(strategy, attempts(3), [])).toEqual({ outcome: "no healthy worker" });
    },
  );

  it("round-robin goes round, beginning with whoever was served longest ago", () => {
    const workers = [worker("a", 9, 0, 300), worker("b", 9, 0, 100), worker("c", 9, 0, 200)];
    expect(workersOf("round-robin", attempts(7), workers)).toEqual([..."bcabcab".split("")]);
  });

  it("round-robin passes over workers without a free slot", () => {
    const workers = [worker("a", 1), worker("b", 2, 2), worker("c", 2)];
    expect(workersOf("round-robin", attempts(4), workers)).toEqual(["a", "c", "c", undefined]);
  });

  it("least-loaded fills up the emptiest, measured by its size", () => {
    const workers = [worker("big", 10, 5), worker("small", 2, 1), worker("idle", 2, 0)];
    expect(workersOf("least-loaded", attempts(3), workers)).toEqual(["idle", "big", "idle"]);
  });

  it("sticky leaves an attempt in line while its worker is full", () => {
    const workers = [worker("a", 1), worker("b", 1)];
    const home = homeOf("same", ["a", "b"]);
    const waiting = [1, 2].map((place) => ({ id: `a${place}`, stickyKey: "same" }));
    expect(workersOf("sticky", waiting, workers)).toEqual([home, undefined]);
  });
});

describe("a fair share", () => {
  it.each([
    { ready: 0, free: 4, freeOfAll: 4, share: 0 },
    { ready: 9, free: 0, freeOfAll: 4, share: 0 },
    { ready: 9, free: 4, freeOfAll: 4, share: 4 },
    { ready: 9, free: 4, freeOfAll: 8, share: 4 },
    { ready: 3, free: 4, freeOfAll: 8, share: 2 },
    { ready: 3, free: 1, freeOfAll: 100, share: 1 },
    { ready: 1, free: 100, freeOfAll: 1_000, share: 1 },
    { ready: 50, free: 100, freeOfAll: 0, share: 50 },
  ])("of $ready for $free of $freeOfAll free slots is $share", ({ share, ...facts }) => {
    expect(fairShare(facts.ready, facts.free, facts.freeOfAll)).toBe(share);
  });
});
