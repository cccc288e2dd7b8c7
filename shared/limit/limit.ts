import * as z from "zod";
import { limits } from "../core/limits.ts";
import { KeyPath } from "../core/path-expression.ts";
import { boundedText, Name } from "../core/texts.ts";

/** How many attempts may run at the same time. */
export const SlotsMax = z.int().min(1).max(limits.slotsPerGateMax);

/** So many starts in so much time; `burst` of them may come at once. */
export const Rate = z.strictObject({
  starts: z.int().min(1).max(limits.rateStartsMax),
  perSeconds: z.number().min(1).max(limits.ratePerSecondsMax).default(1),
  /** Default: one. */
  burst: z.int().min(1).max(limits.rateStartsMax).optional(),
});
export type Rate = z.infer<typeof Rate>;

/** A task's own bound; with `key`, one for each value of the key. */
export const TaskConcurrency = z.strictObject({ max: SlotsMax, key: KeyPath.optional() });
export const TaskRate = Rate.extend({ key: KeyPath.optional() });

/** A bound that several tasks share, such as what a downstream system can bear. */
export const LimitUse = z.strictObject({ name: Name, key: KeyPath.optional() });

/** Body of `PUT /v1/limits/{name}`. */
export const LimitSpec = z
  .strictObject({
    description: boundedText(limits.descriptionBytesMax).optional(),
    concurrency: SlotsMax.optional(),
    rate: Rate.optional(),
  })
  .refine(({ concurrency, rate }) => concurrency !== undefined || rate !== undefined, {
    error: "must give concurrency, rate or both",
  });
export type LimitSpec = z.infer<typeof LimitSpec>;

/** A named limit. */
export interface Limit {
  readonly tenant: string;
  readonly name: string;
  readonly spec: LimitSpec;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

/** What an attempt holds from its claim to its end; given back by the write that ends it. */
export interface HeldByAttempt {
  readonly slots?: readonly HeldSlot[];
  readonly budgets?: readonly ReservedBudget[];
}

/** A place in one of the records that bound a gate. */
export interface HeldSlot {
  readonly gate: string;
  readonly shard: number;
}

/** Money set aside for an attempt, in millionths of a US dollar. */
export interface ReservedBudget {
  /** Whose budget: `group/<name>`, `task/<name>` or `tenant`. */
  readonly budget: string;
  /** The day it counts for, as YYYY-MM-DD in the budget's zone. */
  readonly day: string;
  readonly microUsd: number;
}
