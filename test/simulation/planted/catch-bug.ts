import { loadSimulation } from "./bundle.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** Within how many seeds, from 1 on, every planted bug must be noticed. */
export const seedsPerBug = 250;

export interface Catch {
  readonly seed: number;
  readonly invariant: string;
  readonly detail: string;
}

/** Runs the simulation with the bug in it until an invariant breaks; undefined when none does. */
export async function catchBug(bug: PlantedBug): Promise<Catch | undefined> {
  const simulate = await loadSimulation(bug.edits);
  for (let seed = 1; seed <= seedsPerBug; seed++) {
    const { violation } = await simulate(seed);
    if (violation === undefined) continue;
    return { seed, invariant: violation.invariant, detail: violation.detail };
  }
  return undefined;
}
