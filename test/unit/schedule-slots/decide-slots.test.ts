import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSchedule } from "../../../shared/schedule/change-schedule.ts";
import { decideSlots } from "../../../shared/schedule/decide-slots.ts";
import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";
import { type FireRules, firesBetween } from "../../../shared/schedule/fires.ts";
import {
  misfirePolicies,
  overlapPolicies,
  type Schedule,
  ScheduleSpec,
  type Slot,
} from "../../../shared/schedule/schedule.ts";
import { slotOrder } from "../../../shared/schedule/slot-order.ts";
import { withInstance } from "../../../shared/schedule/slot-times.ts";

const startMs = Date.parse("2026-11-20T09:00:00Z");
const minuteMs = 60_000;

function rulesOf(expression: string): FireRules {
  const parsed = parseExpression(expression);
  if (isExpressionError(parsed)) throw new Error(parsed.message);
  return {
    expression: parsed,
    timezone: "UTC",
    anchorMs: startMs,
    onClosedDay: "skip",
    jitterSeconds: 0,
    jitterSeed: "",
  };
}

interface World {
  schedule: Schedule;
  nowMs: number;
  readonly rules: FireRules;
  /** When each instance ends. */
  readonly endsAtMs: Map<string, number>;
  readonly settled: Slot[];
  mostOpen: number;
}

function openWorld(spec: object): World {
  const parsed = ScheduleSpec.parse({ expression: "rate(10 minutes)", task: "hello", ...spec });
  const rules = rulesOf(parsed.expression);
  const change = {
    nowMs: startMs,
    actor: "ada",
    slots: slotOrder(rules, startMs),
    wakeGraceMs: 0,
  };
  const schedule = openSchedule(
    { tenant: "acme", name: "tick", spec: parsed, generation: 1 },
    change,
  );
  return { schedule, nowMs: startMs, rules, endsAtMs: new Map(), settled: [], mostOpen: 0 };
}

/** Looks as often as there is something to do, as the intake does. */
function look(world: World, runMs: number): void {
  for (let steps = 0; steps < 10_000; steps++) {
    const { schedule, nowMs, endsAtMs } = world;
    const isOpen = (id: string | undefined) => (endsAtMs.get(id ?? "") ?? 0) > nowMs;
    const decision = decideSlots(schedule, {
      nowMs,
      slots: slotOrder(world.rules, schedule.sinceMs),
      latestIsOpen: isOpen(schedule.latest?.instanceId),
      wakeGraceMs: 0,
    });
    if (decision.kind === "rest") return;
    if (decision.kind === "fire") {
      const id = `ins_${decision.slot.nominalMs}`;
      if (decision.cancel !== undefined) endsAtMs.set(decision.cancel, nowMs);
      endsAtMs.set(id, nowMs + runMs);
      world.settled.push({ ...decision.slot, instanceId: id });
      world.schedule = withInstance(decision.next, decision.slot, id);
      const open = [...endsAtMs.values()].filter((endMs) => endMs > nowMs).length;
      world.mostOpen = Math.max(world.mostOpen, open);
    } else {
      if (decision.kind === "pass") world.settled.push(decision.slot);
      world.schedule = decision.next;
    }
  }
  throw new Error("the schedule never comes to rest");
}

/** Every nominal time that a settled slot stands for. */
function settledTimes({ settled, rules }: World): readonly number[] {
  return settled.flatMap(({ nominalMs, untilMs = nominalMs }) =>
    firesBetween(rules, nominalMs - 1, untilMs, 100_000).map((fire) => fire.nominalMs),
  );
}

describe("settling slots", () => {
  const anySpec = fc.record({
    overlap: fc.constantFrom(...overlapPolicies),
    misfire: fc.record({
      policy: fc.constantFrom(...misfirePolicies),
      max: fc.integer({ min: 1, max: 20 }),
      graceSeconds: fc.integer({ min: 60, max: 3_600 }),
    }),
  });
  /** Waits between looks: mostly short, sometimes a downtime, sometimes a clock that is put back. */
  const anyWaits = fc.array(
    fc.oneof(
      fc.integer({ min: 1, max: 15 * minuteMs }),
      fc.integer({ min: -30 * minuteMs, max: 24 * 60 * minuteMs }),
    ),
    { minLength: 1, maxLength: 40 },
  );
  const anyRunMs = fc.integer({ min: 1, max: 60 * minuteMs });

  it("gives each slot one outcome and none two, whatever the policies, downtimes and clocks", () => {
    fc.assert(
      fc.property(anySpec, anyWaits, anyRunMs, (spec, waits, runMs) => {
        const world = openWorld(spec);
        let latestMs = startMs;
        for (const waitMs of waits) {
          world.nowMs += waitMs;
          latestMs = Math.max(latestMs, world.nowMs);
          look(world, runMs);
        }
        const expected = firesBetween(world.rules, startMs, latestMs, 100_000);
        const { queued } = world.schedule;
        const times = [...settledTimes(world), ...(queued === undefined ? [] : [queued.nominalMs])];
        const sorted = times.sort((left, right) => left - right);
        expect(sorted).toEqual(expected.map(({ nominalMs }) => nominalMs));
      }),
      { numRuns: 300 },
    );
  });

  it("never fires before the time, nor more late slots at a look than the policy allows", () => {
    fc.assert(
      fc.property(anySpec, anyWaits, anyRunMs, (spec, waits, runMs) => {
        const world = openWorld({ ...spec, overlap: "allow" });
        const { policy, max, graceSeconds } = spec.misfire;
        const lateMax = { skip: 0, fire_once: 1, catch_up: max }[policy];
        for (const waitMs of waits) {
          world.nowMs += waitMs;
          const before = world.settled.length;
          look(world, runMs);
          const fired = world.settled.slice(before).filter(({ outcome }) => outcome === "fired");
          for (const { nominalMs } of fired) expect(nominalMs).toBeLessThanOrEqual(world.nowMs);
          const isLate = ({ nominalMs }: Slot): boolean =>
            world.nowMs - nominalMs > graceSeconds * 1_000;
          expect(fired.filter(isLate).length).toBeLessThanOrEqual(lateMax);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has one instance open at a time at most, unless overlap is allowed", () => {
    fc.assert(
      fc.property(anySpec, anyWaits, anyRunMs, (spec, waits, runMs) => {
        fc.pre(spec.overlap !== "allow");
        const world = openWorld(spec);
        for (const waitMs of waits) {
          // A clock that is put back opens instances again that had ended by it.
          world.nowMs += Math.abs(waitMs);
          look(world, runMs);
        }
        expect(world.mostOpen).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });

  it("looks again no later than its next slot, and only rests with nothing due", () => {
    fc.assert(
      fc.property(anySpec, anyWaits, anyRunMs, (spec, waits, runMs) => {
        const world = openWorld(spec);
        for (const waitMs of waits) {
          world.nowMs += waitMs;
          look(world, runMs);
          const { wakeAtMs = 0, nextDueMs = 0 } = world.schedule;
          expect(wakeAtMs).toBeLessThanOrEqual(nextDueMs);
          expect(nextDueMs).toBeGreaterThan(world.nowMs);
        }
      }),
      { numRuns: 200 },
    );
  });
});
