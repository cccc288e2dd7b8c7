import * as z from "zod";
import { limits } from "../core/limits.ts";
import { type ErrorClass, errorClasses, taskErrorClasses } from "../instance/error-classes.ts";

/** When and how often a failed attempt is tried again. Infrastructure faults have their own, fixed budget. */
export const RetryPolicy = z.strictObject({
  maxAttempts: z.int().min(1).max(limits.attemptsMax).default(3),
  backoff: z.enum(["fixed", "exponential"]).default("exponential"),
  /** The first retry's delay; exponential doubles it each time. */
  delayMs: z.int().min(0).max(limits.retryDelayMsMax).default(1_000),
  delayMsMax: z.int().min(0).max(limits.retryDelayMsMax).default(300_000),
  /** Full jitter: the delay is drawn evenly between nothing and the computed backoff. */
  jitter: z.boolean().default(true),
  /** Only failures of these classes are tried again. */
  retryOn: z
    .array(z.enum(taskErrorClasses as [ErrorClass, ...ErrorClass[]]))
    .default([...taskErrorClasses]),
  /** Errors with these names are final whatever their class. */
  finalErrors: z.array(z.string().min(1).max(128)).max(50).default([]),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

export interface AttemptFailure {
  readonly class: ErrorClass;
  readonly name?: string;
  /** False when the code itself says that trying again is hopeless. */
  readonly retryable?: boolean;
}

export interface RetryState {
  /** Attempts of this round that consumed the task's budget, this failure included. */
  readonly taskAttempts: number;
  /** Infrastructure failures of this round, this failure included. */
  readonly infraFailures: number;
}

export type RetryVerdict =
  | { readonly retry: true; readonly delayMs: number; readonly reason: string }
  | { readonly retry: false; readonly reason: string };

/** Decides whether a failure is tried again and after how long. `random` is uniform in [0, 1). */
export function decideRetry(
  policy: RetryPolicy,
  failure: AttemptFailure,
  state: RetryState,
  random: number,
): RetryVerdict {
  const facts = errorClasses[failure.class];
  if (facts.budget === "infrastructure") {
    if (state.infraFailures > limits.infraFailuresMax) {
      return {
        retry: false,
        reason: `${failure.class}: infrastructure budget of ${limits.infraFailuresMax} retries is used up`,
      };
    }
    const ceiling = Math.min(
      limits.infraBackoffMaxMs,
      limits.infraBackoffBaseMs * 2 ** (state.infraFailures - 1),
    );
    return {
      retry: true,
      delayMs: Math.floor(ceiling * random),
      reason: `${failure.class}: infrastructure retry ${state.infraFailures} of ${limits.infraFailuresMax}`,
    };
  }
  if (!facts.retryable) return { retry: false, reason: `${failure.class} is never retried` };
  if (failure.retryable === false) {
    return { retry: false, reason: "the task's code marked the error as final" };
  }
  if (failure.name !== undefined && policy.finalErrors.includes(failure.name)) {
    return { retry: false, reason: `the policy lists ${failure.name} as final` };
  }
  if (!policy.retryOn.includes(failure.class)) {
    return { retry: false, reason: `the policy does not retry on ${failure.class}` };
  }
  if (state.taskAttempts >= policy.maxAttempts) {
    return {
      retry: false,
      reason: `attempt ${state.taskAttempts} of ${policy.maxAttempts} was the last`,
    };
  }
  return {
    retry: true,
    delayMs: backoffMs(policy, state.taskAttempts, random),
    reason: `retry after attempt ${state.taskAttempts} of ${policy.maxAttempts}`,
  };
}

/** The delay before the retry that follows the `failures`-th failed attempt (1-based). */
export function backoffMs(policy: RetryPolicy, failures: number, random: number): number {
  const growth = policy.backoff === "exponential" ? 2 ** Math.min(failures - 1, 40) : 1;
  const ceiling = Math.min(policy.delayMs * growth, policy.delayMsMax);
  return policy.jitter ? Math.floor(ceiling * random) : ceiling;
}
