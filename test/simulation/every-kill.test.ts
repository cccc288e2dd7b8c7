import { beforeAll, describe, expect, it } from "vitest";
import { loadSimulation } from "./planted/bundle.ts";
import type { simulate } from "./simulate.ts";
import { commandFor, type PlannedKill } from "./world/config.ts";

/** Small worlds, in which nothing else goes wrong. */
const seedsOf = {
  api: [4, 7, 19, 28],
  // With orders for containers and for workers in them, early on.
  work: [27, 29],
  dispatch: [4, 7, 19, 28],
  complete: [4, 7, 19, 28],
  timekeeper: [4, 7, 19, 28],
  observe: [4, 7, 19, 28],
  // With slots, backfills, overlaps and changes of schedules in them, early on.
  intake: [15, 24, 31, 38],
  mirror: [15, 20, 34],
} as const;
const functionNames = Object.keys(seedsOf) as (keyof typeof seedsOf)[];

/** Calls of one function that are tried, from the first on; workers ask all the time. */
const callsMax = 60;
const workCallsMax = 240;

describe("a control plane whose environment stops for good", () => {
  let run: typeof simulate;

  beforeAll(async () => {
    run = await loadSimulation([]);
  });

  it.each(functionNames)(
    "loses nothing at any port call of %s, whether the call arrived or not",
    async (functionName) => {
      const broken: string[] = [];
      let kills = 0;
      const most = functionName === "work" ? workCallsMax : callsMax;
      for (const seed of seedsOf[functionName]) {
        const small = { onlyFaults: [], commands: 3 };
        const calls = (await run(seed, small)).calls.get(functionName) ?? 0;
        for (let call = 1; call <= Math.min(calls, most); call++) {
          for (const arrives of [true, false]) {
            const killAt: PlannedKill = { functionName, call, arrives };
            const { violation, sometimes } = await run(seed, { ...small, killAt });
            kills += sometimes.get("environment killed") ?? 0;
            if (violation === undefined) continue;
            const again = commandFor(seed, { ...small, killAt });
            broken.push(`${violation.invariant}: ${violation.detail} (${again})`);
          }
        }
      }
      expect(broken).toEqual([]);
      expect(kills).toBeGreaterThan(seedsOf[functionName].length);
    },
    120_000,
  );
});
