import { describe, expect, it } from "vitest";
import { CalendarSpec } from "../../../shared/schedule/calendar.ts";
import { type ClosedDays, closedDaysOf } from "../../../shared/schedule/closed-days.ts";
import { type FireRules, firesBetween, nextFire } from "../../../shared/schedule/fires.ts";
import { firesProblem } from "../../../shared/schedule/fires-problem.ts";
import { previewSlots } from "../../../shared/schedule/preview.ts";
import type { CalendarPolicy } from "../../../shared/schedule/schedule.ts";
import { fireRules } from "../../fixtures/fire-rules.ts";

/** Closed at weekends and on one Thursday, and frozen from Monday evening to Wednesday morning. */
function office(more: object = {}): ClosedDays {
  const spec = CalendarSpec.parse({ weekend: ["SAT", "SUN"], ...more });
  return closedDaysOf([
    { name: "office", spec, holidays: new Map([["2027-05-06", "Ascension Day"]]) },
  ]);
}

const frozen = {
  freezes: [
    { from: "2027-05-10T18:00:00+02:00", to: "2027-05-12T06:00:00+02:00", reason: "release" },
  ],
};

const daily = (onClosedDay: CalendarPolicy, closed = office()): FireRules =>
  fireRules("cron(0 9 * * ? *)", "Europe/Berlin", { closed, onClosedDay });

const from = Date.parse("2027-05-04T12:00:00Z");
const days = (rules: FireRules, count: number) =>
  previewSlots(rules, from, count).fires.map(({ local, dueMs, note }) => [
    local.slice(5, 16),
    new Date(dueMs).toISOString().slice(5, 16),
    note,
  ]);

describe("on a closed day", () => {
  it("a slot is skipped, and the preview says why", () => {
    const { fires, passed } = previewSlots(daily("skip"), from, 3);
    expect(fires.map(({ local }) => local.slice(0, 10))).toEqual([
      "2027-05-05",
      "2027-05-07",
      "2027-05-10",
    ]);
    expect(passed.map(({ local, note }) => [local.slice(0, 10), note])).toEqual([
      ["2027-05-06", "closed: Ascension Day; skipped"],
      ["2027-05-08", "closed: weekend; skipped"],
      ["2027-05-09", "closed: weekend; skipped"],
    ]);
  });

  it("a slot moves to the same local time of the next open day, where that is the policy", () => {
    expect(days(daily("next"), 6)).toEqual([
      ["05-05T09:00", "05-05T07:00", undefined],
      ["05-06T09:00", "05-07T07:00", "closed: Ascension Day; moved to Friday, 2027-05-07"],
      ["05-07T09:00", "05-07T07:00", undefined],
      ["05-08T09:00", "05-10T07:00", "closed: weekend; moved to Monday, 2027-05-10"],
      ["05-09T09:00", "05-10T07:00", "closed: weekend; moved to Monday, 2027-05-10"],
      ["05-10T09:00", "05-10T07:00", undefined],
    ]);
  });

  it("or of the previous one", () => {
    expect(days(daily("previous"), 2)[1]).toEqual([
      "05-06T09:00",
      "05-05T07:00",
      "closed: Ascension Day; moved to Wednesday, 2027-05-05",
    ]);
  });

  it("or runs anyway, with a note", () => {
    expect(days(daily("run"), 2)[1]).toEqual([
      "05-06T09:00",
      "05-06T07:00",
      "closed: Ascension Day; runs anyway",
    ]);
  });

  it("a moved slot keeps its local time across a change of the clocks", () => {
    const rules = fireRules("cron(30 2 29 3 ? *)", "Europe/Berlin", {
      closed: office({ closedDays: ["2027-03-29"] }),
      onClosedDay: "previous",
    });
    // From Monday in summer time to Friday in winter time.
    const fire = nextFire(rules, Date.parse("2027-01-01T00:00:00Z"));
    expect([fire?.nominalMs, fire?.dueMs].map((ms) => new Date(ms ?? 0).toISOString())).toEqual([
      "2027-03-29T00:30:00.000Z",
      "2027-03-26T01:30:00.000Z",
    ]);
  });

  it("a day where the moved time does not exist is passed over", () => {
    const rules = fireRules("cron(30 2 29 3 ? *)", "Europe/Berlin", {
      closed: closedDaysOf([
        {
          name: "odd",
          spec: CalendarSpec.parse({ closedDays: ["2027-03-29"] }),
          holidays: new Map(),
        },
      ]),
      onClosedDay: "previous",
    });
    const fire = nextFire(rules, Date.parse("2027-01-01T00:00:00Z"));
    expect(new Date(fire?.dueMs ?? 0).toISOString()).toBe("2027-03-27T01:30:00.000Z");
  });

  it("an open day wins over weekends and holidays, a closed one over everything", () => {
    const { reasonOf } = office({
      openDays: ["2027-05-06", "2027-05-08"],
      closedDays: ["2027-05-07"],
    });
    const reasons = [6, 7, 8, 9].map((day) => reasonOf(Date.UTC(2027, 4, day) / 86_400_000));
    expect(reasons).toEqual([undefined, "closed day", undefined, "weekend"]);
  });
});

describe("a freeze", () => {
  it("skips what is nominal within it, to the minute", () => {
    const rules = fireRules("cron(0 6,18 * * ? *)", "Europe/Berlin", { closed: office(frozen) });
    const { fires, passed } = previewSlots(rules, Date.parse("2027-05-10T00:00:00Z"), 3);
    expect(fires.map(({ local }) => local)).toEqual([
      "2027-05-10T06:00:00",
      "2027-05-12T06:00:00",
      "2027-05-12T18:00:00",
    ]);
    expect(passed).toEqual([
      {
        local: "2027-05-10T18:00:00",
        nominalMs: Date.parse("2027-05-10T16:00:00Z"),
        note: "closed: release; skipped",
      },
    ]);
  });

  it("is no day to move to", () => {
    const rules = daily("next", office({ ...frozen, closedDays: ["2027-05-10"] }));
    const fires = firesBetween(
      rules,
      Date.parse("2027-05-09T12:00:00Z"),
      Number.MAX_SAFE_INTEGER,
      1,
    );
    expect(fires.map(({ dueMs }) => new Date(dueMs).toISOString())).toEqual([
      "2027-05-12T07:00:00.000Z",
    ]);
  });
});

describe("several calendars", () => {
  it("are closed when any of them is", () => {
    const of = (weekend: readonly string[]) => ({
      name: "any",
      spec: CalendarSpec.parse({ weekend }),
      holidays: new Map<string, string>(),
    });
    const rules = daily("skip", closedDaysOf([of(["FRI"]), of(["SAT", "SUN"])]));
    const fires = firesBetween(rules, from, Date.parse("2027-05-12T00:00:00Z"), 10);
    expect(fires.map(({ nominalMs }) => new Date(nominalMs).getUTCDay())).toEqual([3, 4, 1, 2]);
  });

  it("that are always closed end the search, and the rules are refused", () => {
    const closed = closedDaysOf([
      {
        name: "never",
        spec: CalendarSpec.parse({ weekend: ["MON", "TUE", "WED", "THU", "FRI", "SAT"] }),
        holidays: new Map(),
      },
      { name: "sunday", spec: CalendarSpec.parse({ weekend: ["SUN"] }), holidays: new Map() },
    ]);
    for (const expression of ["* * * * *", "rate(1 minute)"]) {
      const rules = fireRules(expression, "America/New_York", { closed });
      expect(firesProblem(rules, from)).toMatchObject({ field: "calendars" });
    }
    expect(nextFire(daily("next", closed), from)).toBeUndefined();
  });
});
