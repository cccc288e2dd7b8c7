import type { ExperimentArm } from "./receipt.ts";
import type { RuleSet, RulesInForce } from "./rules/rule-set.ts";

/** Where an instance falls in an experiment, from 0 to just below 100: always the same for its id. */
function placeInExperiment(instanceId: string): number {
  // FNV-1a, then a last stir: ids made in one moment differ in their last letters only.
  let hash = 0x811c9dc5;
  for (let place = 0; place < instanceId.length; place++) {
    hash = Math.imul(hash ^ instanceId.charCodeAt(place), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32) * 100;
}

/** The rules that decide for an instance, and which side of an experiment that is. */
export function rulesFor(
  { active, experiment }: RulesInForce,
  instanceId: string,
): { readonly rules: RuleSet; readonly arm?: ExperimentArm } {
  if (experiment === undefined) return { rules: active };
  const { candidate, percent } = experiment;
  const tried = placeInExperiment(instanceId) < percent;
  return {
    rules: tried ? candidate : active,
    arm: {
      arm: tried ? "candidate" : "control",
      control: active.version,
      candidate: candidate.version,
    },
  };
}
