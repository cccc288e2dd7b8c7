import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import type { Plan } from "../../../shared/schedule/portrait/plan.ts";
import { drawPortrait, type Portrait } from "../../../shared/schedule/portrait/portrait.ts";
import { collisionText } from "../../../shared/schedule/portrait/sentences.ts";
import { day, many, planned, planOf, slots } from "./planned.ts";

const noon = "cron(0 12 * * ? *)";
const draw = (plan: Plan): Portrait => drawPortrait({ plan, stretch: day, bucketSeconds: 60 });
const texts = ({ collisions, drawing }: Portrait): readonly string[] =>
  collisions.map((each) => collisionText(drawing.stretch, each));

describe("schedules that need more slots than there are", () => {
  const plan = planOf(many(12, { when: noon, takes: [0] }), [slots("group/night", 5)]);
  const portrait = draw(plan);

  it("collide, with what removes it", () => {
    expect(texts(portrait)).toEqual([
      "12 schedules need 12 of 5 slots of group/night from 2026-11-20T12:00Z on, for 30 s; spreading them over 2 m removes it",
    ]);
  });

  it("are spread by the least of the jitters that are tried, and drawn anew with it", () => {
    const [collision] = portrait.collisions;
    expect(collision?.likely).toBe(true);
    const { proposal } = collision ?? {};
    expect(proposal?.before).toEqual({ level: 12, secondsAbove: 30, peakRuns: 12 });
    expect(proposal?.after).toMatchObject({ secondsAbove: 0 });
    expect(proposal?.after.level).toBeLessThanOrEqual(5);
    const spread = plan.schedules.map((each) => ({
      ...each,
      rules: { ...each.rules, jitterSeconds: proposal?.withinSeconds ?? 0 },
    }));
    const after = draw({ ...plan, schedules: spread });
    expect(after.collisions).toEqual([]);
    expect(after.total.peakP90.runs).toBe(proposal?.after.peakRuns);
    expect(after.capacities[0]?.highest).toBe(proposal?.after.level);
  });

  it("are only said to collide perhaps when medians would fit", () => {
    const staggered = ["0", "1", "2"].flatMap((minute, place) =>
      many(3, {
        when: `cron(${minute} 12 * * ? *)`,
        takes: [0],
        run: { p50Seconds: 50, p90Seconds: 100 },
      }).map((each) => ({ ...each, name: `${each.name}-${place}` })),
    );
    const { collisions } = draw(planOf(staggered, [slots("group/night", 4)]));
    expect(collisions.map(({ likely }) => likely)).toEqual([false]);
  });

  it("do so once, although they do it each hour", () => {
    const hourly = many(6, { when: "cron(0 * * * ? *)", takes: [0] });
    const found = draw(planOf(hourly, [slots("lambda", 5)]));
    expect(texts(found)).toEqual([
      expect.stringMatching(
        /^6 schedules need 6 of 5 slots of Lambda from 2026-11-20T09:00Z on, for 30 s \(the worst of 24 times\); spreading them over .* removes it$/,
      ),
    ]);
  });
});

describe("schedules that start faster than a rate lets through", () => {
  const rate = { kind: "rate", starts: 1, perSeconds: 30, burst: 1 } as const;
  it("wait for one another, and are spread", () => {
    const plan = planOf(many(10, { when: noon, takes: [0] }), [
      { name: "task/mail", bound: rate, basis: "configured" },
    ]);
    expect(texts(draw(plan))).toEqual([
      expect.stringMatching(
        /^10 schedules want more starts than task\/mail lets through from 2026-11-20T12:00Z on, so that the last of them waits 4 m 30 s; spreading them over .* removes it$/,
      ),
    ]);
  });

  it("do not collide while nobody waits for more than a minute", () => {
    const plan = planOf(many(3, { when: noon, takes: [0] }), [
      { name: "task/mail", bound: rate, basis: "configured" },
    ]);
    expect(draw(plan).collisions).toEqual([]);
  });
});

describe("schedules of one instant", () => {
  it("are told of when they are many", () => {
    expect(texts(draw(planOf(many(limits.portraitCrowdMin, { when: noon }))))).toEqual([
      "25 schedules fire at 2026-11-20T12:00Z; spreading them over 15 s removes it",
    ]);
    expect(draw(planOf(many(limits.portraitCrowdMin - 1, { when: noon }))).collisions).toEqual([]);
  });

  it("are told of once when they also need too many slots", () => {
    const plan = planOf(many(37, { when: noon, takes: [0] }), [slots("group/night", 30)]);
    expect(draw(plan).collisions.map(({ gauge }) => gauge.kind)).toEqual(["slots"]);
  });
});

describe("a schedule keeps its times", () => {
  const others = many(6, { when: noon, takes: [0], run: { p90Seconds: 9_000 } });
  const leftOut = (sketch: Parameters<typeof planned>[1]): readonly string[] => {
    const own = planned("own", { takes: [0], ...sketch });
    const { collisions } = draw(planOf([...others, own], [slots("group/night", 2)]));
    return collisions.flatMap((each) => each.leftOut.map(({ reason }) => reason));
  };

  it("where calendars move them", () => {
    const rules = { onClosedDay: "next" } as const;
    expect(leftOut({ when: noon, rules })).toContain("calendars move its slots");
  });

  it("where it is spread as much already", () => {
    const found = leftOut({
      when: noon,
      rules: { jitterSeconds: 3_600 },
      run: { p90Seconds: 9_000 },
    });
    expect(found).toContain("it has a jitter of 3600 s of its own");
  });

  it("where a rate would count anew", () => {
    expect(leftOut({ when: "rate(1 hour)" })).toContain(
      "a rate(…) without startAt begins to count anew when its times change",
    );
  });

  it("where its slots come closer than the jitter", () => {
    const found = leftOut({ when: "cron(* * * * ? *)", overlaps: false, run: { p90Seconds: 60 } });
    expect(found).toContain("its slots come 60 s apart");
  });

  it("and when all do, that is said", () => {
    const fixed = many(6, { when: noon, takes: [0], rules: { onClosedDay: "previous" } });
    expect(texts(draw(planOf(fixed, [slots("group/night", 2)])))).toEqual([
      "6 schedules need 6 of 2 slots of group/night from 2026-11-20T12:00Z on, for 30 s; none of them may be spread: calendars move its slots",
    ]);
  });
});
