import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Schedule } from "../../../shared/schedule/schedule.ts";
import type { World } from "../world/world.ts";
import type { CommitChecks } from "./commit-checks.ts";
import type { Known } from "./schedule-checks.ts";

/** Where slots must not overlap, those before are over when the next one gets its instance. */
export function checkOverlap(
  world: World,
  commits: CommitChecks,
  { instances, incarnation }: Known,
  before: Schedule,
  name: string,
): void {
  const { overlap } = before.spec;
  if (overlap === "allow") return;
  for (const made of instances) {
    // What was made while overlaps were allowed may go on, unless it is the newest.
    if (made.incarnation !== incarnation || made.overlaps) continue;
    const instance = commits.instances.get(made.id);
    if (instance === undefined || isTerminal(instance.state)) continue;
    // Somebody may have had it tried again by hand meanwhile.
    if (instance.round > 1) continue;
    world.violate("overlap policy", `${name} was made while ${made.id} is open (${overlap})`);
  }
}
