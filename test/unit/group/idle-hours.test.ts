import { describe, expect, it } from "vitest";
import { busyHours } from "../../../shared/group/idle-hours.ts";
import type { Rollup } from "../../../shared/rollup/rollup.ts";
import { bucketOf } from "../../../shared/rollup/sketch.ts";

const hourMs = 3_600_000;
const fromMs = Date.parse("2026-11-20T00:00:00Z");
const untilMs = fromMs + 24 * hourMs;

function rollup(hour: string, runMs: number, attempts = 1): Rollup {
  const sketch = { [bucketOf(runMs)]: attempts };
  return {
    tenant: "acme",
    task: "report",
    backend: "local",
    bucket: `h-${hour}`,
    submitted: 0,
    finished: {},
    attempts,
    attemptsFailed: 0,
    runMsSum: runMs,
    waitMsSum: 0,
    usdSum: 0,
    runMs: sketch,
    waitMs: {},
  };
}

describe("the busy hours of a day", () => {
  it("are those in which something ended, each counted once", () => {
    const rollups = [rollup("2026-11-20T02", 5_000), rollup("2026-11-20T02", 9_000)];
    expect(busyHours([...rollups, rollup("2026-11-20T05", 1)], fromMs, untilMs)).toBe(2);
  });

  it("include the whole hours that the longest attempt ran before", () => {
    // A sketch is off by two per cent, so not a whole number of hours.
    expect(busyHours([rollup("2026-11-20T09", 7.5 * hourMs)], fromMs, untilMs)).toBe(8);
  });

  it("end with the day, and begin with it", () => {
    const early = rollup("2026-11-20T01", 5.5 * hourMs);
    const late = rollup("2026-11-21T02", 5.5 * hourMs);
    expect(busyHours([early], fromMs, untilMs)).toBe(2);
    expect(busyHours([late], fromMs, untilMs)).toBe(3);
  });

  it("are none where only submissions were counted", () => {
    expect(busyHours([rollup("2026-11-20T02", 5_000, 0)], fromMs, untilMs)).toBe(0);
  });
});
