import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import {
  heldIn,
  isOverfull,
  roomIn,
  type SlotShard,
  shardCountFor,
  shardMax,
  shardWithRoom,
  withHolder,
  withoutHolder,
} from "../../../shared/limit/slots.ts";

const holder = (attemptId: string) => ({ attemptId, instanceId: `ins_${attemptId}`, sinceMs: 1 });

function shardOf(count: number): SlotShard {
  const holders = Array.from({ length: count }, (_, place) => holder(`att_${place}`));
  return { gate: "task/report", holders };
}

describe("the slots of a gate", () => {
  it("are spread over records so that their sum is exact", () => {
    for (let max = 1; max <= limits.slotsPerGateMax; max++) {
      const count = shardCountFor(max);
      const shares = Array.from({ length: count }, (_, shard) => shardMax(max, shard));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(max);
      expect(Math.max(...shares)).toBeLessThanOrEqual(limits.slotsPerShard);
      expect(shardMax(max, count)).toBe(0);
    }
  });

  it("are given from another record when the first that is asked is full", () => {
    const shards = [shardOf(50), shardOf(3)];
    expect(shardWithRoom(shards, 100, 0)).toBe(1);
    expect(shardWithRoom(shards, 100, 1)).toBe(1);
    expect(shardWithRoom([shardOf(50), shardOf(50)], 100, 0)).toBeUndefined();
  });

  it("are given to nobody while more are held than a lowered bound allows", () => {
    const shards = [shardOf(50), shardOf(20)];
    expect(isOverfull(shards, 60)).toBe(true);
    expect(roomIn(shards, 60)).toBe(0);
    expect(shardWithRoom(shards, 60, 0)).toBeUndefined();
    expect(roomIn(shards, 80)).toBe(10);
  });

  it("are given again as soon as fewer are held, wherever the others still hold theirs", () => {
    const shards = [undefined, shardOf(3)];
    expect(isOverfull(shards, 4)).toBe(true);
    expect(shardWithRoom(shards, 4, 0)).toBe(0);
  });

  it("come back once, however often they are given back", () => {
    const one = withHolder("task/report", undefined, holder("att_a"));
    const two = withHolder("task/report", one, holder("att_b"));
    const left = withoutHolder(two, "att_a");
    expect(left.holders.map(({ attemptId }) => attemptId)).toEqual(["att_b"]);
    expect(withoutHolder(left, "att_a")).toBe(left);
  });

  it("never exceed their bound, whatever is taken, given back and changed", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("take" as const), from: fc.nat(15) }),
        fc.record({ kind: fc.constant("give" as const), which: fc.nat(1_000) }),
        fc.record({
          kind: fc.constant("bound" as const),
          max: fc.integer({ min: 1, max: limits.slotsPerGateMax }),
        }),
      ),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), steps, (firstMax, taken) => {
        let max = firstMax;
        let next = 0;
        const shards: (SlotShard | undefined)[] = [];
        for (const step of taken) {
          if (step.kind === "bound") max = step.max;
          if (step.kind === "take") {
            const before = heldIn(shards);
            const shard = shardWithRoom(shards, max, step.from % shardCountFor(max));
            expect(shard === undefined).toBe(before >= max);
            if (shard === undefined) continue;
            shards[shard] = withHolder("g", shards[shard], holder(`att_${next++}`));
            expect(heldIn(shards)).toBe(before + 1);
            expect(shards[shard].holders.length).toBeLessThanOrEqual(limits.slotsPerShard);
          }
          if (step.kind === "give") {
            const all = shards.flatMap((shard) => shard?.holders ?? []);
            const given = all[step.which % Math.max(1, all.length)];
            if (given === undefined) continue;
            for (const [place, shard] of shards.entries()) {
              if (shard !== undefined) shards[place] = withoutHolder(shard, given.attemptId);
            }
            expect(heldIn(shards)).toBe(all.length - 1);
          }
        }
      }),
    );
  });
});
