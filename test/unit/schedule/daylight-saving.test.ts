import { describe, expect, it } from "vitest";
import { previewSlots } from "../../../shared/schedule/preview.ts";
import { fireRules } from "../../fixtures/fire-rules.ts";

const shown = (atMs: number): string => new Date(atMs).toISOString().replace(":00.000Z", "Z");

function preview(zone: string, expression: string, from: string, count: number) {
  return previewSlots(fireRules(expression, zone), Date.parse(from), count);
}

describe("where clocks go forward", () => {
  it.each([
    ["America/New_York", "30 2 * * *", "2027-03-13", ["13T07:30Z", "15T06:30Z", "16T06:30Z"]],
    ["America/St_Johns", "30 2 * * *", "2027-03-13", ["13T06:00Z", "15T05:00Z", "16T05:00Z"]],
    ["Europe/Berlin", "30 2 * * *", "2027-03-27", ["27T01:30Z", "29T00:30Z", "30T00:30Z"]],
    ["Australia/Lord_Howe", "15 2 * * *", "2027-10-01", ["01T15:45Z", "03T15:15Z", "04T15:15Z"]],
    ["Pacific/Chatham", "0 3 * * *", "2027-09-24", ["24T14:15Z", "26T13:15Z", "27T13:15Z"]],
    ["Africa/Casablanca", "30 2 * * *", "2027-03-13", ["13T02:30Z", "15T01:30Z", "16T01:30Z"]],
    ["America/Santiago", "30 0 * * *", "2027-09-04", ["04T04:30Z", "06T03:30Z", "07T03:30Z"]],
    ["Pacific/Apia", "0 12 * * *", "2011-12-28", ["28T22:00Z", "29T22:00Z", "30T22:00Z"]],
  ])("in %s, a slot of %s that does not exist is skipped and said so", (...row) => {
    const [zone, expression, from, expected] = row;
    const { fires, passed } = preview(zone, expression, `${from}T00:00:00Z`, 3);
    expect(fires.map(({ nominalMs }) => shown(nominalMs).slice(8))).toEqual(expected);
    expect(passed).toHaveLength(1);
    expect(passed[0]?.nominalMs).toBeUndefined();
    expect(passed[0]?.note).toContain(`in ${zone} (clocks go forward); this slot is skipped`);
  });

  it("says which time it is that does not exist", () => {
    const { passed } = preview("America/New_York", "30 2 * * *", "2027-03-13T12:00:00Z", 2);
    expect(passed).toEqual([
      {
        local: "2027-03-14T02:30:00",
        note: "02:30 does not exist on 2027-03-14 in America/New_York (clocks go forward); this slot is skipped",
      },
    ]);
  });

  it("many slots of one day are skipped together", () => {
    const { fires, passed } = preview(
      "America/New_York",
      "*/30 * * * *",
      "2027-03-14T06:00:00Z",
      3,
    );
    expect(fires.map(({ nominalMs }) => shown(nominalMs))).toEqual([
      "2027-03-14T06:30Z",
      "2027-03-14T07:00Z",
      "2027-03-14T07:30Z",
    ]);
    expect(passed.map(({ local }) => local)).toEqual([
      "2027-03-14T02:00:00",
      "2027-03-14T02:30:00",
    ]);
  });
});

describe("where clocks go back", () => {
  it.each([
    ["America/New_York", "30 1 * * *", "2027-11-06", ["06T05:30Z", "07T05:30Z", "08T06:30Z"]],
    ["America/St_Johns", "30 1 * * *", "2027-11-06", ["06T04:00Z", "07T04:00Z", "08T05:00Z"]],
    ["Europe/Berlin", "30 2 * * *", "2027-10-30", ["30T00:30Z", "31T00:30Z", "01T01:30Z"]],
    ["Australia/Lord_Howe", "45 1 * * *", "2027-04-03", ["03T14:45Z", "04T15:15Z", "05T15:15Z"]],
    ["Pacific/Chatham", "0 3 * * *", "2027-04-03", ["03T13:15Z", "04T14:15Z", "05T14:15Z"]],
    ["Africa/Casablanca", "30 2 * * *", "2027-02-06", ["06T01:30Z", "07T01:30Z", "08T02:30Z"]],
    ["America/Santiago", "30 23 * * *", "2027-04-03", ["03T02:30Z", "04T02:30Z", "05T03:30Z"]],
  ])("in %s, a slot of %s that comes twice fires once, at the first", (...row) => {
    const [zone, expression, from, expected] = row;
    const { fires, passed } = preview(zone, expression, `${from}T00:00:00Z`, 3);
    expect(fires.map(({ nominalMs }) => shown(nominalMs).slice(8))).toEqual(expected);
    expect(passed).toEqual([]);
    const notes = fires.flatMap(({ note }) => (note === undefined ? [] : [note]));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`in ${zone} (clocks go back); fires at the first`);
  });

  it("what fires many times an hour is silent while the hour is repeated", () => {
    const { fires } = preview("America/New_York", "*/30 * * * *", "2027-11-07T04:45:00Z", 4);
    expect(fires.map(({ nominalMs, note }) => [shown(nominalMs), note?.slice(0, 13)])).toEqual([
      ["2027-11-07T05:00Z", "01:00 happens"],
      ["2027-11-07T05:30Z", "01:30 happens"],
      ["2027-11-07T07:00Z", undefined],
      ["2027-11-07T07:30Z", undefined],
    ]);
  });

  it("asked in the middle of the repeated hour, the next fire is behind it", () => {
    const { fires } = preview("Europe/Berlin", "*/15 * * * *", "2027-10-31T01:10:00Z", 1);
    expect(fires.map(({ nominalMs, local }) => [shown(nominalMs), local])).toEqual([
      ["2027-10-31T02:00Z", "2027-10-31T03:00:00"],
    ]);
  });
});

describe("where clocks never change", () => {
  it.each([
    ["Asia/Kolkata", ["21:00Z", "21:00Z"]],
    ["Asia/Kathmandu", ["20:45Z", "20:45Z"]],
    ["UTC", ["02:30Z", "02:30Z"]],
  ])("in %s, 02:30 is always the same", (zone, expected) => {
    const { fires, passed } = preview(zone, "30 2 * * *", "2027-03-27T00:00:00Z", 2);
    expect(fires.map(({ nominalMs }) => shown(nominalMs).slice(11))).toEqual(expected);
    expect([passed, fires.map(({ note }) => note)]).toEqual([[], [undefined, undefined]]);
  });
});

describe("a rate in days", () => {
  it("is a number of times 24 hours, whatever the clocks show", () => {
    const anchorMs = Date.parse("2027-03-13T05:00:00Z");
    const rules = fireRules("rate(1 day)", "America/New_York", { anchorMs });
    const { fires, passed } = previewSlots(rules, anchorMs - 1, 3);
    expect(fires.map(({ local }) => local)).toEqual([
      "2027-03-13T00:00:00",
      "2027-03-14T00:00:00",
      "2027-03-15T01:00:00",
    ]);
    expect([passed, fires.map(({ note }) => note)]).toEqual([
      [],
      [undefined, undefined, undefined],
    ]);
  });
});
