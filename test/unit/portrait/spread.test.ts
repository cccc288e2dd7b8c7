import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawPortrait, type Portrait } from "../../../shared/schedule/portrait/portrait.ts";
import { day, planned, planOf, slots } from "./planned.ts";

const plans = fc
  .record({
    schedules: fc.array(
      fc.record({
        when: fc.constantFrom(
          "cron(0 12 * * ? *)",
          "cron(0 12 * * ? *)",
          "cron(0 * * * ? *)",
          "cron(1 12 * * ? *)",
          "cron(0/5 * * * ? *)",
          "rate(30 minutes)",
        ),
        overlaps: fc.boolean(),
        jitterSeconds: fc.constantFrom(0, 0, 0, 20),
        p50Seconds: fc.integer({ min: 1, max: 120 }),
        longerSeconds: fc.integer({ min: 0, max: 600 }),
        takes: fc.subarray([0, 1, 2]),
      }),
      { minLength: 2, maxLength: 40 },
    ),
    maxima: fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 20 })),
  })
  .map(({ schedules, maxima }) =>
    planOf(
      schedules.map(({ p50Seconds, longerSeconds, jitterSeconds, ...rest }, place) =>
        planned(`s-${place}`, {
          ...rest,
          run: { p50Seconds, p90Seconds: p50Seconds + longerSeconds },
          rules: { jitterSeconds },
        }),
      ),
      [
        slots("group/a", maxima[0]),
        slots("lambda", maxima[1]),
        {
          name: "task/c",
          bound: { kind: "rate", starts: 1, perSeconds: 10, burst: 1 },
          basis: "configured",
        },
      ],
    ),
  );

type Proposal = NonNullable<Portrait["collisions"][number]["proposal"]>;

const drawn = fc.sample(plans, { numRuns: 60, seed: 7 }).map((plan) => ({
  plan,
  portrait: drawPortrait({ plan, stretch: day, bucketSeconds: 60 }),
}));

/** Each proposal, with the portrait that is drawn from the changed schedules alone. */
const proposals = drawn.flatMap(({ plan, portrait }) =>
  portrait.collisions.slice(0, 3).flatMap(({ proposal, gauge }) => {
    if (proposal === undefined) return [];
    const after = drawPortrait({ plan: applied(plan, proposal), stretch: day, bucketSeconds: 60 });
    return [{ gauge, proposal, before: portrait, after }];
  }),
);

function applied(plan: (typeof drawn)[number]["plan"], proposal: Proposal) {
  const members = new Set(proposal.members);
  return planOf(
    plan.schedules.map((each, place) =>
      members.has(place)
        ? { ...each, rules: { ...each.rules, jitterSeconds: proposal.withinSeconds } }
        : each,
    ),
    plan.capacities,
  );
}

describe("what is proposed for any collision", () => {
  it("is something for many, and removes some of them", () => {
    expect(proposals.length).toBeGreaterThan(20);
    expect(proposals.some(({ proposal }) => proposal.removes)).toBe(true);
    expect(proposals.some(({ proposal }) => !proposal.removes)).toBe(true);
  });

  it("never raises the peak of all runs, and makes this collision better", () => {
    for (const { before, after, proposal } of proposals) {
      expect(after.total.peakP90.runs).toBeLessThanOrEqual(before.total.peakP90.runs);
      expect(proposal.after.level).toBeLessThan(proposal.before.level);
      expect(proposal.removes).toBe(proposal.after.secondsAbove === 0);
    }
  });

  it("becomes exactly what it says", () => {
    for (const { before, after, proposal } of proposals) {
      expect(before.total.peakP90.runs).toBe(proposal.before.peakRuns);
      expect(after.total.peakP90.runs).toBe(proposal.after.peakRuns);
    }
  });

  it("never brings another capacity above its bound, or further above", () => {
    const boundOf = ({ bound }: Portrait["capacities"][number]["capacity"]): number =>
      bound.kind === "slots" ? bound.max : 60;
    for (const { before, after } of proposals) {
      for (const { capacity, highest } of after.capacities) {
        const was = before.capacities.find((each) => each.capacity.name === capacity.name);
        expect(highest).toBeLessThanOrEqual(Math.max(boundOf(capacity), was?.highest ?? 0));
      }
    }
  });

  it("is always the same", () => {
    for (const { plan, portrait } of drawn) {
      expect(
        drawPortrait({ plan, stretch: day, bucketSeconds: 60 }).collisions.map(essence),
      ).toEqual(portrait.collisions.map(essence));
    }
  });
});

function essence({ gauge: _, ...rest }: Portrait["collisions"][number]) {
  return rest;
}
