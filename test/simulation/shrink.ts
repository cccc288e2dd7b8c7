import { simulate } from "./simulate.ts";
import { type ConfigOverrides, configOf } from "./world/config.ts";
import { type FaultName, faultNames } from "./world/faults.ts";

/** Whether a smaller run still breaks the same invariant. */
type StillBroken = (overrides: ConfigOverrides) => Promise<boolean>;

/**
 * Makes a failing run smaller, one step at a time: fewer faults, fewer commands, less time. What
 * remains still breaks the invariant, and nothing single can be left out.
 */
export async function shrink(
  seed: number,
  invariant: string,
  given: ConfigOverrides = {},
  run = simulate,
  runsMax = 400,
): Promise<ConfigOverrides> {
  let runs = 0;
  const stillBroken: StillBroken = async (overrides) => {
    if (runs >= runsMax) return false;
    runs += 1;
    return (await run(seed, overrides)).violation?.invariant === invariant;
  };
  const config = configOf(seed, given);
  let smallest: ConfigOverrides = {
    onlyFaults: faultNames.filter((name) => config.faults[name] !== undefined),
    onlyCommands:
      config.onlyCommands ?? Array.from({ length: config.commands }, (_, number) => number),
    faultMinutes: config.faultMinutes,
  };
  for (let before = ""; before !== JSON.stringify(smallest); ) {
    before = JSON.stringify(smallest);
    smallest = await withFewer(smallest, "onlyCommands", stillBroken);
    smallest = await withFewer(smallest, "onlyFaults", stillBroken);
    smallest = await withLessTime(smallest, stillBroken);
  }
  return smallest;
}

/** Leaves out halves, then quarters, then single ones, as long as the run stays broken. */
async function withFewer(
  overrides: ConfigOverrides,
  field: "onlyCommands" | "onlyFaults",
  stillBroken: StillBroken,
): Promise<ConfigOverrides> {
  let kept: readonly (number | FaultName)[] = overrides[field] ?? [];
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < kept.length; ) {
      const fewer = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (await stillBroken({ ...overrides, [field]: fewer })) kept = fewer;
      else start += size;
    }
  }
  return { ...overrides, [field]: kept };
}

async function withLessTime(
  overrides: ConfigOverrides,
  stillBroken: StillBroken,
): Promise<ConfigOverrides> {
  const { faultMinutes = 1 } = overrides;
  for (let minutes = 1; minutes < faultMinutes; minutes++) {
    const shorter = { ...overrides, faultMinutes: minutes };
    if (await stillBroken(shorter)) return shorter;
  }
  return overrides;
}
