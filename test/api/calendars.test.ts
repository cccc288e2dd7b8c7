import { describe, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { RecordHint } from "../../shared/ports/record-hints.ts";
import { expectProblem, openYard, stranger, type Yard } from "./yard.ts";

const office = {
  description: "When the Berlin office works.",
  weekend: ["SAT", "SUN"],
  holidays: { country: "DE", state: "BE" },
  closedDays: ["2026-12-24"],
  openDays: ["2026-12-26"],
  freezes: [
    { from: "2026-12-30T18:00:00+01:00", to: "2027-01-04T06:00:00+01:00", reason: "year end" },
  ],
};

const put = (yard: Yard, name: string, body: object) =>
  yard.call("PUT", `/v1/calendars/${name}`, { body });

/** A schedule's record, as far as calendars look at it. */
async function putSchedule(yard: Yard, name: string, calendars: readonly string[]): Promise<void> {
  const body = { tenant: "acme", name, spec: { calendars } };
  const key = keys.schedule("acme", name);
  await yard.store.write([
    { kind: "put", expect: "absent", record: { key, type: "schedule", body } },
  ]);
}

describe("a calendar", () => {
  it("is made by its first definition and changed by the next", async () => {
    const yard = openYard();
    const made = await put(yard, "office", office);
    expect([made.status, made.headers.get("location")]).toEqual([201, "/v1/calendars/office"]);
    expect(made.body).toMatchObject({ name: "office", spec: office, updatedBy: "ada" });
    yard.now += 1_000;
    const changed = await put(yard, "office", { weekend: ["FRI"] });
    expect(changed.status).toBe(200);
    expect(changed.body.spec).toEqual({
      weekend: ["FRI"],
      closedDays: [],
      openDays: [],
      freezes: [],
    });
    expect(changed.body.createdAt).toBe(made.body.createdAt);
    expect((await yard.call("GET", "/v1/calendars/office")).body).toEqual(changed.body);
  });

  it("belongs to its tenant", async () => {
    const yard = openYard();
    await put(yard, "office", office);
    const theirs = await yard.call("GET", "/v1/calendars/office", { as: stranger });
    expectProblem(theirs, 404, "calendar_not_found");
    expect((await yard.call("GET", "/v1/calendars", { as: stranger })).body.items).toEqual([]);
  });

  it("is listed by name, page by page", async () => {
    const yard = openYard();
    for (const name of ["c", "a", "b"]) await put(yard, name, {});
    const first = await yard.call("GET", "/v1/calendars?limit=2");
    expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual(["a", "b"]);
    const rest = await yard.call("GET", `/v1/calendars?cursor=${first.body.nextCursor}`);
    expect(rest.body.items.map(({ name }: { name: string }) => name)).toEqual(["c"]);
    expect(rest.body.nextCursor).toBeUndefined();
  });
});

describe("the closed days of a calendar", () => {
  it("are listed with the reasons", async () => {
    const yard = openYard();
    await put(yard, "office", office);
    const { body } = await yard.call(
      "GET",
      "/v1/calendars/office/days?from=2026-12-19&to=2027-01-01",
    );
    expect(
      body.days.map(({ day, weekday, reason }: Record<string, string>) => [day, weekday, reason]),
    ).toEqual([
      ["2026-12-19", "Saturday", "weekend"],
      ["2026-12-20", "Sunday", "weekend"],
      ["2026-12-24", "Thursday", "closed day"],
      ["2026-12-25", "Friday", "Christmas Day"],
      ["2026-12-27", "Sunday", "weekend"],
      ["2027-01-01", "Friday", "New Year's Day"],
    ]);
    expect(body.freezes).toEqual([
      { from: "2026-12-30T17:00:00.000Z", to: "2027-01-04T05:00:00.000Z", reason: "year end" },
    ]);
    const year = await yard.call("GET", "/v1/calendars/office/days");
    expect([year.body.from, year.body.to]).toEqual(["2026-11-20", "2027-11-20"]);
  });

  it.each([
    ["from=2027-01-02&to=2027-01-01", "to"],
    ["from=2027-01-01&to=2037-01-01", "to"],
    ["from=2027-02-30", "from"],
    ["from=today", "from"],
  ])("are not listed %s", async (query, pointer) => {
    const yard = openYard();
    await put(yard, "office", office);
    const reply = await yard.call("GET", `/v1/calendars/office/days?${query}`);
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe(pointer);
  });
});

describe("a calendar that makes no sense", () => {
  it.each([
    [{ weekend: ["SATURDAY"] }, "/weekend/0"],
    [{ weekend: ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] }, "/weekend"],
    [{ holidays: { country: "de" } }, "/holidays/country"],
    [{ holidays: { country: "XX" } }, "/holidays"],
    [{ holidays: { country: "DE", state: "XX" } }, "/holidays"],
    [{ holidays: { country: "DE", region: "A" } }, "/holidays"],
    [{ closedDays: ["2026-02-30"] }, "/closedDays/0"],
    [{ closedDays: ["24.12.2026"] }, "/closedDays/0"],
    [{ closedDays: ["2026-12-24"], openDays: ["2026-12-23", "2026-12-24"] }, "/openDays/1"],
    [{ freezes: [{ from: "2026-12-24T00:00:00Z", to: "2026-12-24T00:00:00Z" }] }, "/freezes/0/to"],
    [{ freezes: [{ from: "2026-12-24", to: "2026-12-25" }] }, "/freezes/0/from"],
    [{ closedDays: Array<string>(limits.calendarDaysMax + 1).fill("2026-12-24") }, "/closedDays"],
  ])("is refused when it says %j, at %s", async (body, pointer) => {
    const yard = openYard();
    const problem = expectProblem(await put(yard, "office", body), 400, "invalid_field");
    expect(problem.pointer).toBe(pointer);
    expect((await yard.call("GET", "/v1/calendars/office")).status).toBe(404);
  });

  it("is refused when there are too many", async () => {
    const yard = openYard();
    for (let index = 0; index < limits.calendarsMax; index++) await put(yard, `c${index}`, {});
    expectProblem(await put(yard, "one-more", {}), 409, "limit_reached");
    expect((await put(yard, "c0", { weekend: ["SUN"] })).status).toBe(200);
  });
});

describe("a calendar in use", () => {
  it("is not deleted while schedules use it", async () => {
    const yard = openYard();
    await put(yard, "office", office);
    await putSchedule(yard, "nightly", ["other", "office"]);
    await putSchedule(yard, "hourly", []);
    const refused = await yard.call("DELETE", "/v1/calendars/office");
    expect(expectProblem(refused, 409, "calendar_in_use").detail).toContain('"nightly"');
    await yard.store.write([{ kind: "delete", key: keys.schedule("acme", "nightly"), expect: 1 }]);
    expect((await yard.call("DELETE", "/v1/calendars/office")).body).toEqual({ deleted: true });
    expectProblem(await yard.call("DELETE", "/v1/calendars/office"), 404, "calendar_not_found");
  });

  it("has the schedules that use it look again when it changes", async () => {
    const yard = openYard();
    const sent: RecordHint[] = [];
    const recordHints = {
      send: async (hints: readonly RecordHint[]) => {
        sent.push(...hints);
      },
    };
    Object.assign(yard.engine, { recordHints });
    await put(yard, "office", office);
    await putSchedule(yard, "nightly", ["office"]);
    await putSchedule(yard, "hourly", ["other"]);
    expect(sent).toEqual([]);
    await put(yard, "office", { weekend: ["SUN"] });
    expect(sent).toEqual([{ kind: "schedule", tenant: "acme", name: "nightly" }]);
  });
});
