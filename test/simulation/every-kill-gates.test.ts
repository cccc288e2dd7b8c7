import { beforeAll, describe, expect, it } from "vitest";
import { loadSimulation } from "./planted/bundle.ts";
import type { simulate } from "./simulate.ts";
import { type ConfigOverrides, commandFor, type PlannedKill } from "./world/config.ts";

/** Small worlds with gates, in which nothing else goes wrong: what they hold and wait for is told. */
const worlds = {
  "slots that are waited for": { seed: 56, size: { commands: 3 }, reaches: "waiter came through" },
  "a line, and a tenant that is stopped": {
    seed: 124,
    size: { commands: 4, faultMinutes: 2 },
    reaches: "held by a stopped tenant",
  },
  "a batch that grows": {
    seed: 121,
    size: { commands: 4, faultMinutes: 2 },
    reaches: "batch joined",
  },
  "a singleton that is replaced": {
    seed: 178,
    size: { commands: 4, faultMinutes: 2 },
    reaches: "singleton replaced",
  },
} as const;
type WorldName = keyof typeof worlds;

const cases: readonly (readonly [functionName: string, world: WorldName])[] = [
  ["dispatch", "slots that are waited for"],
  ["dispatch", "a line, and a tenant that is stopped"],
  ["complete", "slots that are waited for"],
  ["complete", "a singleton that is replaced"],
  ["timekeeper", "slots that are waited for"],
  ["api", "a line, and a tenant that is stopped"],
  ["api", "a batch that grows"],
  ["api", "a singleton that is replaced"],
];

/** Calls of one function that are tried. */
const callsMax = 130;

describe("a gate whose users stop for good", () => {
  let run: typeof simulate;

  beforeAll(async () => {
    run = await loadSimulation([]);
  });

  it.each(cases)(
    "keeps its promises at any port call of %s, with %s",
    async (functionName, name) => {
      const { seed, size, reaches } = worlds[name];
      const small: ConfigOverrides = { onlyFaults: [], ...size };
      const whole = await run(seed, small);
      // Where this fails, the seed's world has changed: another seed shows the situation.
      expect(whole.sometimes.has(reaches)).toBe(true);
      const calls = whole.calls.get(functionName) ?? 0;
      // The API's first calls are those that define everything.
      const idle = await run(seed, { ...small, onlyCommands: [] });
      const first = functionName === "api" ? (idle.calls.get("api") ?? 0) - definitionsOverlap : 1;
      const broken: string[] = [];
      let kills = 0;
      for (let call = first; call <= Math.min(calls, first + callsMax); call++) {
        for (const arrives of [true, false]) {
          const killAt: PlannedKill = { functionName, call, arrives };
          const { violation, sometimes } = await run(seed, { ...small, killAt });
          kills += sometimes.get("environment killed") ?? 0;
          if (violation === undefined) continue;
          const again = commandFor(seed, { ...small, killAt });
          broken.push(`${violation.invariant}: ${violation.detail} (${again})`);
        }
      }
      expect(broken).toEqual([]);
      expect(kills).toBeGreaterThan(10);
    },
    180_000,
  );
});

/** Without commands somebody still looks for approvals, and raises budgets at the end. */
const definitionsOverlap = 40;
