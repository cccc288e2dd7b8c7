import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { invariants } from "./checks/invariants.ts";
import { loadSimulation } from "./planted/bundle.ts";
import { seedsPerBug as seeds } from "./planted/catch-bug.ts";
import { plantedBugs } from "./planted/planted-bugs.ts";
import { runSeed } from "./run-seed.ts";
import { shrink } from "./shrink.ts";
import type { simulate } from "./simulate.ts";
import { commandFor, configOf } from "./world/config.ts";
import { type FaultName, faultNames } from "./world/faults.ts";
import { type SometimesName, sometimesNames } from "./world/sometimes.ts";

describe("simulation of the control plane", () => {
  let run: typeof simulate;
  const sometimes = new Set<SometimesName>();
  const faults = new Set<FaultName>();

  beforeAll(async () => {
    run = await loadSimulation([]);
  });

  it(`keeps every invariant in ${seeds} seeds, each of which repeats exactly`, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const verdict = await runSeed(seed, {}, run);
      const { violation } = verdict.result;
      expect({ seed, outcome: verdict.outcome, violation, again: commandFor(seed, {}) }).toEqual({
        seed,
        outcome: "clean",
        violation: undefined,
        again: commandFor(seed, {}),
      });
      for (const name of verdict.result.sometimes.keys()) sometimes.add(name);
      for (const name of verdict.result.faults.keys()) faults.add(name);
    }
  }, 300_000);

  it("reached every fault and every rare situation on the way", () => {
    expect(faultNames.filter((name) => !faults.has(name))).toEqual([]);
    expect(sometimesNames.filter((name) => !sometimes.has(name))).toEqual([]);
  });

  it("runs differently for different seeds", async () => {
    const digests = await Promise.all([run(1), run(2), run(3)]);
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(3);
  });

  it("makes a failing seed smaller and names the one command that repeats it", async () => {
    const bug = plantedBugs.find(({ name }) => name === "one attempt more than the policy allows");
    const broken = await loadSimulation(bug?.edits ?? []);
    const failing = await firstBroken(broken);
    const smaller = await shrink(failing.seed, failing.invariant, {}, broken);
    const again = await broken(failing.seed, smaller);
    expect(again.violation?.invariant).toBe(failing.invariant);
    expect(smaller.onlyCommands?.length).toBeLessThan(configOf(failing.seed).commands);
    const command = commandFor(failing.seed, smaller);
    expect(command).toMatch(/^npm run sim -- --seed \d+ --only-commands [\d,]+ --minutes \d+/);
  }, 60_000);
});

describe("the simulation's documentation", () => {
  it("explains every invariant in the words of the code", () => {
    const text = readFileSync(new URL("../../docs/simulation.md", import.meta.url), "utf8");
    for (const [name, rule] of Object.entries(invariants))
      expect(text).toContain(`| ${name} | ${rule} |`);
  });
});

async function firstBroken(
  run: typeof simulate,
): Promise<{ readonly seed: number; readonly invariant: string }> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violation } = await run(seed);
    if (violation !== undefined) return { seed, invariant: violation.invariant };
  }
  throw new Error("the planted bug was not noticed");
}
