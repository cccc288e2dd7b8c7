import { describe, expect, it } from "vitest";
import { openHolidays } from "../../../functions/adapters/holidays.ts";
import { openMemoryStore } from "../../../functions/adapters/memory/memory-store.ts";
import { loadClosedDays, yearsAround } from "../../../functions/runtime/calendars.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { CalendarSpec } from "../../../shared/schedule/calendar.ts";
import { closedDaysBetween, dayOfText } from "../../../shared/schedule/closed-days.ts";

const holidays = openHolidays();

describe("public holidays", () => {
  it("are those of a country, a state and a region", async () => {
    const germany = await holidays.ofYear({ country: "DE" }, 2027);
    expect([...germany.keys()].sort()).toEqual([
      "2027-01-01",
      "2027-03-26",
      "2027-03-29",
      "2027-05-01",
      "2027-05-06",
      "2027-05-17",
      "2027-10-03",
      "2027-12-25",
      "2027-12-26",
    ]);
    const bavaria = await holidays.ofYear({ country: "DE", state: "BY" }, 2027);
    expect(bavaria.get("2027-01-06")).toBe("Epiphany");
    expect(bavaria.has("2027-08-08")).toBe(false);
    const augsburg = await holidays.ofYear({ country: "DE", state: "BY", region: "A" }, 2027);
    expect(augsburg.has("2027-08-08")).toBe(true);
  });

  it("are whole days: half ones and days of remembrance are open", async () => {
    const iceland = await holidays.ofYear({ country: "IS" }, 2026);
    expect([iceland.has("2026-12-24"), iceland.has("2026-12-25")]).toEqual([false, true]);
    const america = await holidays.ofYear({ country: "US" }, 2026);
    expect([america.has("2026-02-14"), america.has("2026-11-26")]).toEqual([false, true]);
  });

  it("of several days close each of them", async () => {
    const arabia = await holidays.ofYear({ country: "SA" }, 2026);
    const eid = [...arabia].filter(([day]) => day.startsWith("2026-03"));
    expect(eid.map(([day]) => day)).toEqual([
      "2026-03-19",
      "2026-03-20",
      "2026-03-21",
      "2026-03-22",
    ]);
  });

  it("of unknown places are refused in words", async () => {
    expect(await holidays.problemOf({ country: "DE", state: "BY", region: "A" })).toBeUndefined();
    expect(await holidays.problemOf({ country: "XX" })).toContain('country "XX"');
    expect(await holidays.problemOf({ country: "DE", state: "BZ" })).toContain("nearest is BB");
    expect(await holidays.problemOf({ country: "SA", state: "X" })).toContain("it has none");
    expect(await holidays.problemOf({ country: "DE", state: "BY", region: "Z" })).toContain("KATH");
    expect(await holidays.problemOf({ country: "DE", region: "A" })).toContain("needs the state");
  });
});

describe("the closed days of a schedule", () => {
  const store = openMemoryStore();
  const put = (name: string, spec: object) => {
    const body = { tenant: "acme", name, spec: CalendarSpec.parse(spec) };
    const key = keys.calendar("acme", name);
    return store.write([
      { kind: "put", expect: "absent", record: { key, type: "calendar", body } },
    ]);
  };

  it("are those of all its calendars in all years that are asked for", async () => {
    await put("office", { weekend: ["SUN"] });
    await put("germany", { holidays: { country: "DE" } });
    const years = yearsAround(Date.parse("2027-06-01T00:00:00Z"));
    expect([years[0], years.at(-1)]).toEqual([2026, 2036]);
    const closed = await loadClosedDays({ store, holidays }, "acme", ["office", "germany"], years);
    const found =
      closed && closedDaysBetween(closed, dayOfText("2026-05-01"), dayOfText("2026-05-03"));
    expect(found).toEqual([
      { day: "2026-05-01", reason: "Labour Day" },
      { day: "2026-05-03", reason: "weekend" },
    ]);
    expect(closed?.reasonOf(dayOfText("2036-10-03"))).not.toBeUndefined();
  });

  it("are none without calendars, and those that are left where one was deleted", async () => {
    expect(await loadClosedDays({ store, holidays }, "acme", undefined, [2027])).toBeUndefined();
    expect(await loadClosedDays({ store, holidays }, "acme", [], [2027])).toBeUndefined();
    const closed = await loadClosedDays({ store, holidays }, "acme", ["gone", "office"], [2027]);
    expect(closed?.reasonOf(dayOfText("2027-01-03"))).toBe("weekend");
    const others = await loadClosedDays({ store, holidays }, "evil", ["office"], [2027]);
    expect(others?.reasonOf(dayOfText("2027-01-03"))).toBeUndefined();
  });
});
