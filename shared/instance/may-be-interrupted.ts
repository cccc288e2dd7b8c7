import type { TaskSpec } from "../task/task.ts";
import type { Instance } from "./instance.ts";

/**
 * Whether an attempt may run where it can be interrupted, as on Spot capacity: only the first try of
 * a round, so that an interrupted one is followed by one that is left alone, and no task that keeps
 * state. `attemptNumber` is that of the attempt in question, by default the next one.
 */
export function mayBeInterrupted(
  instance: Pick<Instance, "attempts" | "attemptCount" | "round">,
  { needs }: Pick<TaskSpec, "needs">,
  attemptNumber: number = instance.attemptCount + 1,
): boolean {
  if (needs.stateful === true) return false;
  return !instance.attempts.some(
    ({ round, number }) => round === instance.round && number < attemptNumber,
  );
}
