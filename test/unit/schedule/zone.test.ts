import { describe, expect, it } from "vitest";
import { zoneProblem } from "../../../shared/schedule/zone.ts";
import { openZone } from "../../../shared/schedule/zone-offsets.ts";

describe("the name of a time zone", () => {
  it.each([
    "UTC",
    "Europe/Berlin",
    "America/Argentina/Buenos_Aires",
    "Asia/Kolkata",
    "Asia/Calcutta",
    "Europe/Kyiv",
    "Etc/GMT+5",
    "US/Eastern",
    "America/Port-au-Prince",
  ])("%s is taken", (name) => {
    expect(zoneProblem(name)).toBeUndefined();
  });

  it.each([
    ["Nowhere/Land", "such as"],
    ["EST5EDT", '"America/New_York"'],
    ["europe/berlin", 'write "Europe/Berlin"'],
    ["utc", 'write "UTC"'],
    ["Berlin", '"Europe/Berlin"'],
    ["New York", '"America/New_York"'],
    ["America/New_Yrok", '"America/New_York"'],
    ["Japan", '"Asia/Tokyo"'],
    ["GMT", '"UTC"'],
    ["+02:00", "such as"],
    ["", "such as"],
    ["Europe/Berlin ", '"Europe/Berlin"'],
    ["__proto__", "such as"],
  ])("%j is refused with a suggestion: %s", (name, suggestion) => {
    expect(zoneProblem(name)?.suggestion).toContain(suggestion);
  });

  it("has at most fifty characters", () => {
    expect(zoneProblem("x".repeat(51))?.message).toContain("at most 50");
  });
});

describe("the clocks of a zone", () => {
  it.each([
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Argentina/San_Luis",
    "America/Sao_Paulo",
    "America/Caracas",
    "America/Noronha",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Antarctica/Casey",
    "Europe/Istanbul",
    "Pacific/Apia",
  ])("of %s show at each hour of forty years what the platform says", (name) => {
    const zone = openZone(name);
    const format = new Intl.DateTimeFormat("sv-SE", {
      timeZone: name,
      dateStyle: "short",
      timeStyle: "medium",
    });
    const wrong: string[] = [];
    // Thirteen hours are coprime to a day and a week, so that all hours of all days have their turn.
    for (let atMs = Date.UTC(1990, 0, 1); atMs < Date.UTC(2030, 0, 1); atMs += 13 * 3_600_000) {
      const shown = new Date(zone.localOf(atMs)).toISOString().slice(0, 19).replace("T", " ");
      if (shown !== format.format(atMs)) wrong.push(`${new Date(atMs).toISOString()}: ${shown}`);
    }
    expect(wrong).toEqual([]);
  });

  it("show a time once, twice or never", () => {
    const zone = openZone("America/New_York");
    const at = (text: string) =>
      zone.instantsOf(Date.parse(`${text}Z`)).map((ms) => new Date(ms).toISOString());
    expect(at("2027-07-01T12:00:00")).toEqual(["2027-07-01T16:00:00.000Z"]);
    expect(at("2027-03-14T02:00:00")).toEqual([]);
    expect(at("2027-03-14T03:00:00")).toEqual(["2027-03-14T07:00:00.000Z"]);
    expect(at("2027-11-07T01:59:59")).toEqual([
      "2027-11-07T05:59:59.000Z",
      "2027-11-07T06:59:59.000Z",
    ]);
    expect(at("2027-11-07T02:00:00")).toEqual(["2027-11-07T07:00:00.000Z"]);
  });

  it("jump over what they never show, to the first instant of a later time", () => {
    const apia = openZone("Pacific/Apia");
    const skipped = Date.parse("2011-12-30T00:00:00Z");
    expect(new Date(apia.firstInstantFrom(skipped)).toISOString()).toBe("2011-12-30T10:00:00.000Z");
  });
});
