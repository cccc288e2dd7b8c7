import type { Attempt, AttemptOutcome, Instance } from "../instance/instance.ts";
import { isTerminal } from "../instance/moves.ts";
import { runMsOf } from "../instance/run-ms.ts";
import type { AllocationPolicy } from "../task/allocation-policy.ts";
import type { TaskNeeds, TaskSpec } from "../task/task.ts";
import type { Receipt, ReceiptCandidate } from "./receipt.ts";
import type { Features, FeatureValue } from "./rules/rule-set.ts";

/** What happened to an instance, and what its routing knew: all that a decision can be repeated by. */
export interface WhatIfRow {
  readonly instanceId: string;
  readonly task: string;
  readonly features: Features;
  readonly candidates: readonly ReceiptCandidate[];
  /** Where it ran, from claim to start and from start to end. */
  readonly backend: string;
  readonly waitMs: number;
  readonly runMs: number;
  readonly outcome: AttemptOutcome;
  /** What its task grants an attempt, whatever the backend can give. */
  readonly timeoutMs: number;
  readonly needs: TaskNeeds;
  /** The attempt that it counts by. */
  readonly attempt: Attempt;
  /** The task's own policy, which goes before that of the rules. */
  readonly policy?: AllocationPolicy;
  readonly stickyBackend?: boolean;
  /** The instance as it was when this attempt was routed. */
  readonly before: Pick<Instance, "round" | "attempts" | "pinnedBackend">;
  readonly receipt: Receipt;
}

/** Why an instance says nothing about other rules, in words. */
export const skipReasons = {
  open: "not finished yet",
  never_ran: "finished without an attempt that ran",
  cut_short: "cancelled or lost while it ran, so that its run time is not known",
  no_receipt: "its receipt holds no predictions to decide by",
  no_price: "where it ran is gone, and so is what that cost",
  unknown_task: "the version of its task is gone",
} as const;
export type SkipReason = keyof typeof skipReasons;

export type WhatIfSource = { readonly row: WhatIfRow } | { readonly skipped: SkipReason };

/**
 * The row of a stored instance. It counts once, by the newest attempt that ran: the one whose result
 * stands.
 */
export function whatIfRowOf(instance: Instance, spec: TaskSpec | undefined): WhatIfSource {
  if (!isTerminal(instance.state)) return { skipped: "open" };
  if (spec === undefined) return { skipped: "unknown_task" };
  const attempt = instance.attempts.findLast(({ startedAtMs }) => startedAtMs !== undefined);
  if (attempt?.startedAtMs === undefined) return { skipped: "never_ran" };
  const { outcome, startedAtMs, claimedAtMs, receipt } = attempt;
  const runMs = runMsOf(attempt);
  if (runMs === undefined || outcome === undefined) return { skipped: "cut_short" };
  if (outcome === "lost" || outcome === "cancelled") return { skipped: "cut_short" };
  if (receipt?.candidates.some(({ predicted }) => predicted !== undefined) !== true) {
    return { skipped: "no_receipt" };
  }
  return {
    row: {
      instanceId: instance.id,
      task: instance.task,
      features: knownFeatures(instance, receipt),
      candidates: receipt.candidates,
      backend: attempt.backend,
      waitMs: Math.max(0, startedAtMs - claimedAtMs),
      runMs,
      outcome,
      timeoutMs: instance.timeoutSeconds * 1_000,
      needs: spec.needs,
      attempt,
      ...(spec.policy === undefined ? {} : { policy: spec.policy }),
      ...(spec.stickyBackend === undefined ? {} : { stickyBackend: spec.stickyBackend }),
      before: {
        round: attempt.round,
        attempts: instance.attempts.filter(({ number }) => number < attempt.number),
        ...(instance.pinnedBackend === undefined ? {} : { pinnedBackend: instance.pinnedBackend }),
      },
      receipt,
    },
  };
}

/** Receipts leave out what their instance says itself. */
function knownFeatures({ task, group, tags }: Instance, receipt: Receipt): Features {
  const features: Record<string, FeatureValue> = { ...receipt.features, task };
  if (group !== undefined) features.group = group;
  if (tags !== undefined) {
    for (const [tag, value] of Object.entries(tags)) features[`tag.${tag}`] = value;
  }
  return features;
}
