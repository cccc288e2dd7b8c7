import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDurationMs, parseInstantMs, relativeText } from "../../client/cli/durations.ts";
import { LiveLines } from "../../client/cli/render/live-lines.ts";
import { paintWith, plainText } from "../../client/cli/styles.ts";
import type { Terminal } from "../../client/cli/terminal.ts";
import { type Column, cellWidth, cutTo, tableLines } from "../../client/cli/text-table.ts";
import { durationText } from "../../shared/core/duration-text.ts";

const nowMs = Date.parse("2026-05-01T08:00:00Z");

describe("durations and times", () => {
  it.each([
    ["500ms", 500],
    ["10s", 10_000],
    ["1.5m", 90_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["1w", 604_800_000],
  ])("reads %s", (text, ms) => expect(parseDurationMs(text, "--x")).toBe(ms));

  it.each(["", "10", "s", "10 s", "-5s", "5y", "10s!", "1e3s"])("refuses %j", (text) =>
    expect(() => parseDurationMs(text, "--x")).toThrow(/--x takes a duration/),
  );

  it("reads times as ISO 8601, or from now, in the direction that makes sense", () => {
    expect(parseInstantMs("2026-05-01T10:00:00+02:00", "--x", 0, "ago")).toBe(nowMs);
    expect(parseInstantMs("1h", "--x", nowMs, "ahead")).toBe(nowMs + 3_600_000);
    expect(parseInstantMs("1h", "--x", nowMs, "ago")).toBe(nowMs - 3_600_000);
    expect(() => parseInstantMs("1st of May", "--x", nowMs, "ago")).toThrow(/--x takes a time/);
  });

  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_250, "1.2 s"],
    [59_999, "59.9 s"],
    [250_000, "4 m 10 s"],
    [7_500_000, "2 h 5 m"],
    [172_800_000, "2 d"],
  ])("says %i ms as %s", (ms, text) => expect(durationText(ms)).toBe(text));

  it("says how far away a time is in one unit", () => {
    const at = (ms: number): string => relativeText(new Date(nowMs + ms).toISOString(), nowMs);
    expect([at(0), at(-12_000), at(200_000), at(-90_000_000)]).toEqual([
      "now",
      "12 s ago",
      "in 3 m",
      "1 d ago",
    ]);
  });
});

interface Row {
  readonly id: string;
  readonly note: string;
  readonly extra: string;
}
const columns: readonly Column<Row>[] = [
  { title: "ID", text: ({ id }) => id },
  { title: "NOTE", text: ({ note }) => note, widthMin: 6 },
  { title: "EXTRA", text: ({ extra }) => extra, dropOrder: 1 },
];

describe("tables", () => {
  it("show everything where there is room", () => {
    const rows = [{ id: "a", note: "a long note indeed", extra: "more" }];
    expect(tableLines(columns, rows, Number.POSITIVE_INFINITY, paintWith(false))).toEqual([
      "ID  NOTE                EXTRA",
      "a   a long note indeed  more",
    ]);
  });

  it("cut and then drop columns where there is less, and keep ids whole", () => {
    const rows = [{ id: "abc", note: "a long note indeed", extra: "more" }];
    const at = (width: number) => tableLines(columns, rows, width, paintWith(false))[1];
    expect(at(23)).toBe("abc  a long not…  more");
    expect(at(17)).toBe("abc  a long note…");
    expect(at(11)).toBe("abc  a lon…");
  });

  it("leave out what is empty anyway", () => {
    const rows = [{ id: "abc", note: "", extra: "" }];
    const lines = tableLines(columns, rows, Number.POSITIVE_INFINITY, paintWith(false));
    expect(lines).toEqual(["ID   NOTE", "abc"]);
  });

  it("are never wider than asked for, whatever is in them", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 40 });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 30, max: 90 }), (note, extra, width) => {
        const lines = tableLines(columns, [{ id: "abcdef", note, extra }], width, paintWith(false));
        return lines.every((line) => cellWidth(line) <= width && !line.includes("\n"));
      }),
    );
  });

  it("count wide characters as two cells and cut between characters", () => {
    expect(cellWidth("日本")).toBe(4);
    expect(cutTo("日本語", 5)).toBe("日本…");
    expect(cutTo("日本語", 4)).toBe("日…");
  });
});

describe("texts of tasks", () => {
  it("cannot steer the terminal", () => {
    const hostile = "a\u001b[2Jb\u0007c\u009bd\u202ee\nf\r\tg";
    expect(plainText(hostile)).toBe("a\\u001b[2Jb\\u0007c\\u009bd\\u202ee f  g");
    expect(plainText("one\r\ntwo\tthree\u001b", true)).toBe("one\ntwo\tthree\\u001b");
  });
});

describe("lines that are rewritten in place", () => {
  const openTerminal = (errIsTty: boolean) => {
    const written: string[] = [];
    const terminal = { err: (text: string) => written.push(text), errIsTty, columns: 20, rows: 6 };
    return { written, live: new LiveLines(terminal as unknown as Terminal) };
  };

  it("are written only to a terminal", () => {
    const { written, live } = openTerminal(false);
    live.show(["one"]);
    live.clear();
    expect(written).toEqual([]);
  });

  it("go back as many lines as were shown, fit the screen, and are quiet when nothing changes", () => {
    const { written, live } = openTerminal(true);
    live.show(["one", "a line that is much too long"]);
    live.show(["one", "a line that is much too long"]);
    live.show(Array.from({ length: 9 }, (_, n) => `line ${n}`));
    live.clear();
    expect(written).toEqual([
      "one\u001b[K\na line that is muc…\u001b[K\n\u001b[J",
      "\u001b[2A\rline 0\u001b[K\nline 1\u001b[K\nline 2\u001b[K\n… and 6 more\u001b[K\n\u001b[J",
      "\u001b[4A\r\u001b[J",
    ]);
  });
});
