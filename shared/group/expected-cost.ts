import type { AttemptTerms, Instance } from "../instance/instance.ts";
import { attemptUsd } from "../pricing/attempt-usd.ts";
import { sizeBucketOf, type TaskProfile } from "../routing/profile.ts";
import type { Receipt } from "../routing/receipt.ts";
import { runTimesOn } from "../routing/run-times.ts";
import type { TaskNeeds } from "../task/task.ts";
import { microUsdOf } from "./budget-use.ts";

export interface ExpectedCostFacts {
  readonly instance: Pick<Instance, "timeoutSeconds">;
  readonly inputBytes: number;
  readonly needs: TaskNeeds;
  readonly backend: string;
  /** On what terms the attempt would be granted there. */
  readonly terms: AttemptTerms;
  readonly receipt: Receipt;
  readonly profile: TaskProfile | undefined;
}

/**
 * What an attempt is expected to cost, in millionths of a US dollar: the price of the run that its
 * receipt predicts or, where nothing is known of the task, of all the time that it may take. Nothing
 * on backends that charge nothing.
 */
export function expectedMicroUsd(facts: ExpectedCostFacts): number {
  const { instance, inputBytes, needs, backend, terms, receipt, profile } = facts;
  if (terms.pricing === undefined) return 0;
  const timeoutMs = Math.min(instance.timeoutSeconds * 1_000, terms.timeoutMs ?? Infinity);
  const predicted = receipt.candidates.find((each) => each.backend === backend)?.predicted;
  const { basis } = runTimesOn(backend, sizeBucketOf(inputBytes), needs, profile);
  const runMs =
    basis === "unknown" ? timeoutMs : Math.min(predicted?.runMs ?? timeoutMs, timeoutMs);
  return microUsdOf(attemptUsd({ ...terms, startedAtMs: 0, finishedAtMs: runMs }));
}
