import { beforeAll, describe, expect, it } from "vitest";
import { loadSimulation } from "./planted/bundle.ts";
import type { simulate } from "./simulate.ts";
import { commandFor, type PlannedKill } from "./world/config.ts";

/** Small worlds, in which nothing else goes wrong. */
const seeds = [4, 7, 19, 28];
const functionNames = ["api", "dispatch", "complete", "timekeeper", "observe"] as const;

/** Calls of one function that are tried, from the first on. */
const callsMax = 60;

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
      for (const seed of seeds) {
        const small = { onlyFaults: [], commands: 3 };
        const calls = (await run(seed, small)).calls.get(functionName) ?? 0;
        for (let call = 1; call <= Math.min(calls, callsMax); call++) {
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
      expect(kills).toBeGreaterThan(seeds.length);
    },
    60_000,
  );
});
