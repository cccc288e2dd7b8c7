import { type SimulationResult, simulate } from "./simulate.ts";
import type { ConfigOverrides } from "./world/config.ts";

/** What running a seed came to: clean, a broken invariant, or a run that does not repeat itself. */
export type SeedVerdict =
  | { readonly outcome: "clean"; readonly result: SimulationResult }
  | { readonly outcome: "broken"; readonly result: SimulationResult; readonly invariant: string }
  | { readonly outcome: "unrepeatable"; readonly result: SimulationResult };

/** Runs a seed twice: a run that cannot be repeated proves nothing. */
export async function runSeed(
  seed: number,
  overrides: ConfigOverrides = {},
  run = simulate,
): Promise<SeedVerdict> {
  const result = await run(seed, overrides);
  const again = await run(seed, overrides);
  if (again.digest !== result.digest) return { outcome: "unrepeatable", result };
  if (result.violation === undefined) return { outcome: "clean", result };
  return { outcome: "broken", result, invariant: result.violation.invariant };
}
