import { describe, expect, it } from "vitest";
import { contents, expectProblem, openYard, type Yard } from "./yard.ts";

const preview = (yard: Yard, body: object) => yard.call("POST", "/v1/schedules/preview", { body });

const daily = { expression: "cron(30 2 * * ? *)" };

describe("the preview of a schedule", () => {
  it("says what the expression means and when it fires, with daylight saving time", async () => {
    const yard = openYard();
    const { status, body } = await preview(yard, {
      expression: "30 2 * * *",
      timezone: "America/New_York",
      count: 3,
      from: "2027-03-12T12:00:00Z",
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      expression: "cron(30 2 * * ? *)",
      timezone: "America/New_York",
      description: "at 02:30 every day, America/New_York",
      notes: ['"30 2 * * *" is read as cron(30 2 * * ? *)'],
      fires: [
        {
          nominal: "2027-03-13T07:30:00.000Z",
          effective: "2027-03-13T07:30:00.000Z",
          local: "2027-03-13T02:30:00",
        },
        {
          nominal: "2027-03-15T06:30:00.000Z",
          effective: "2027-03-15T06:30:00.000Z",
          local: "2027-03-15T02:30:00",
        },
        {
          nominal: "2027-03-16T06:30:00.000Z",
          effective: "2027-03-16T06:30:00.000Z",
          local: "2027-03-16T02:30:00",
        },
      ],
      skipped: [
        {
          local: "2027-03-14T02:30:00",
          note: "02:30 does not exist on 2027-03-14 in America/New_York (clocks go forward); this slot is skipped",
        },
      ],
    });
  });

  it("has twenty fires from now in UTC unless told otherwise, and stores nothing", async () => {
    const yard = openYard();
    const before = contents(yard);
    const { body } = await preview(yard, daily);
    expect([body.fires.length, body.fires[0].nominal, body.timezone]).toEqual([
      20,
      "2026-11-21T02:30:00.000Z",
      "UTC",
    ]);
    expect(contents(yard)).toBe(before);
  });
});

describe("a preview with calendars", () => {
  it("asks those of the tenant", async () => {
    const yard = openYard();
    await yard.call("PUT", "/v1/calendars/office", {
      body: { weekend: ["SAT", "SUN"], holidays: { country: "DE" } },
    });
    const request = {
      ...daily,
      timezone: "Europe/Berlin",
      count: 3,
      from: "2026-12-23T12:00:00Z",
      onClosedDay: "next",
    };
    const { body } = await preview(yard, { ...request, calendars: ["office"] });
    expect(body.fires[1]).toEqual({
      nominal: "2026-12-25T01:30:00.000Z",
      effective: "2026-12-28T01:30:00.000Z",
      local: "2026-12-25T02:30:00",
      note: "closed: Christmas Day; moved to Monday, 2026-12-28",
    });
    const short = await preview(yard, { ...request, calendar: "office" });
    expect(short.body).toEqual(body);
    const missing = await preview(yard, { ...request, calendars: ["office", "other"] });
    const problem = expectProblem(missing, 404, "calendar_not_found");
    expect([problem.pointer, problem.detail]).toEqual([
      "/calendars",
      'there is no calendar "other"',
    ]);
  });
});

describe("the times of a preview", () => {
  it("show the place that the schedule's name has within its jitter", async () => {
    const yard = openYard();
    const offsetOf = async (name: string): Promise<number> => {
      const { body } = await preview(yard, { ...daily, jitterSeconds: 600, name, count: 2 });
      const offsets = body.fires.map(
        ({ nominal, effective }: Record<string, string>) =>
          Date.parse(effective ?? "") - Date.parse(nominal ?? ""),
      );
      expect(offsets[0]).toBe(offsets[1]);
      expect(body.notes).toEqual([
        `each fire comes ${offsets[0] / 1_000} s after its time: this schedule's place within 600 s of jitter`,
      ]);
      return offsets[0];
    };
    const offsets = await Promise.all(["a", "b", "c", "d"].map(offsetOf));
    expect(new Set(offsets).size).toBeGreaterThan(1);
    expect(await offsetOf("a")).toBe(offsets[0]);
  });

  it("keep within start and end", async () => {
    const yard = openYard();
    const { body } = await preview(yard, {
      ...daily,
      startAt: "2026-12-01T02:30:00Z",
      endAt: "2026-12-03T02:30:00Z",
    });
    expect(body.fires.map(({ nominal }: { nominal: string }) => nominal.slice(0, 10))).toEqual([
      "2026-12-01",
      "2026-12-02",
      "2026-12-03",
    ]);
  });

  it("of a rate count from its start", async () => {
    const yard = openYard();
    const { body } = await preview(yard, {
      expression: "rate(36 hours)",
      startAt: "2026-12-01T06:00:00Z",
      count: 2,
    });
    expect(body.fires.map(({ nominal }: { nominal: string }) => nominal)).toEqual([
      "2026-12-01T06:00:00.000Z",
      "2026-12-02T18:00:00.000Z",
    ]);
  });
});

/** The request, the field that is wrong, and words of the complaint and of the suggestion. */
const senseless: readonly (readonly [object, string, string, string | undefined])[] = [
  [{ expression: "cron(0 0 31 2 ? *)" }, "/expression", "at character 10", '"L"'],
  [{ expression: "30 2" }, "/expression", "at character 5", "cron(30 2 * * ? *)"],
  [{ expression: "" }, "/expression", "", undefined],
  [{ expression: "0".repeat(300) }, "/expression", "", undefined],
  [{ expression: "cron(0 0 1 1 ? 2020)" }, "/expression", "never fires", undefined],
  [{ expression: "cron(0 0 1 * MON *)" }, "/expression", "both set", "two schedules"],
  [{ expression: "cron(0 0 ? * ? *)" }, "/expression", 'both "?"', '"*"'],
  [{ expression: "rate(0 minutes)" }, "/expression", "at character 6", "rate(15 minutes)"],
  [{ expression: "rate(1 minutes)" }, "/expression", 'must be "minute"', "rate(1 minute)"],
  [{ expression: "rate(-5 days)" }, "/expression", "at character 6", "rate(15 minutes)"],
  [{ expression: "rate(99999999999 days)" }, "/expression", "100 years", "36500 days"],
  [{ expression: "at(2020-01-01T00:00:00)" }, "/expression", "in the past", undefined],
  [{ expression: "at(9999-01-01T00:00:00)" }, "/expression", "1970 to 2199", undefined],
  [{ expression: "at(2026-02-30T00:00:00)" }, "/expression", "no day 30", "28 days"],
  [{ expression: "at(2027-01-01T24:00:00)" }, "/expression", "00 to 23", "2027-01-02T00:00:00"],
  [{ expression: "at(2026-12-31T23:59:60)" }, "/expression", "00 to 59", "leap seconds"],
  [
    { expression: "at(2027-03-14T02:30:00)", timezone: "America/New_York" },
    "/expression",
    "does not exist in America/New_York",
    "before or after",
  ],
  [{ ...daily, timezone: "Nowhere/Land" }, "/timezone", "IANA", "such as"],
  [{ ...daily, timezone: "EST5EDT" }, "/timezone", "IANA", "America/New_York"],
  [{ ...daily, timezone: "europe/berlin" }, "/timezone", "not written", "Europe/Berlin"],
  [{ ...daily, timezone: "x".repeat(51) }, "/timezone", "", undefined],
  [{ ...daily, count: 0 }, "/count", "", undefined],
  [{ ...daily, count: 101 }, "/count", "", undefined],
  [{ ...daily, jitterSeconds: 3_601 }, "/jitterSeconds", "", undefined],
  [{ ...daily, endAt: "2026-11-19T00:00:00Z" }, "/endAt", "in the past", undefined],
  [
    { ...daily, startAt: "2027-01-02T00:00:00Z", endAt: "2027-01-01T00:00:00Z" },
    "/endAt",
    "not later than the start",
    undefined,
  ],
  [
    { expression: "*/5 * * * *", onClosedDay: "previous" },
    "/onClosedDay",
    "at most once a day",
    '"skip"',
  ],
  [{ ...daily, calendar: "a", calendars: ["b"] }, "/calendar", "together", undefined],
];

describe("a preview that makes no sense", () => {
  it.each(senseless)("%j is refused at %s: %s", async (body, pointer, detail, suggestion) => {
    const problem = expectProblem(await preview(openYard(), body), 400, "invalid_field");
    expect(problem.pointer).toBe(pointer);
    expect(problem.detail).toContain(detail);
    if (suggestion !== undefined) expect(problem.suggestion).toContain(suggestion);
  });

  it("with an unknown field is refused", async () => {
    const reply = await preview(openYard(), { ...daily, zone: "UTC" });
    expectProblem(reply, 400, "unknown_field");
  });
});
