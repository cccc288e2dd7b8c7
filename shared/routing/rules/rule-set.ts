import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { boundedText, Name } from "../../core/texts.ts";
import { AllocationPolicy, defaultPolicy } from "../../task/allocation-policy.ts";
import { type ExecutionType, executionTypes } from "../backend-capabilities.ts";
import { type RulePriority, rulePriorities } from "../receipt.ts";

export const RuleName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, "_" or "-"');

/** One classification rule: when its condition holds, the task is of its type. */
export const RoutingRule = z.strictObject({
  name: RuleName,
  description: boundedText(limits.descriptionBytesMax).optional(),
  /** In the rule language. */
  when: z.string().min(1).max(limits.ruleCharsMax),
  type: z.enum(executionTypes),
  priority: z.enum(rulePriorities).default("medium"),
  /** The backend to take if it is feasible; else the policy chooses among those of the type. */
  backend: Name.optional(),
  reason: boundedText(limits.reasonBytesMax).optional(),
});
export type RoutingRule = z.infer<typeof RoutingRule>;

/** What `PUT /v1/rules` stores as a version. */
export const RuleSetSpec = z.strictObject({
  name: RuleName.default("rules"),
  rules: z.array(RoutingRule).max(limits.rulesMax),
  policy: AllocationPolicy.default(defaultPolicy),
});
export type RuleSetSpec = z.infer<typeof RuleSetSpec>;

/** One immutable version; version 0 is what is shipped. */
export interface RuleSetVersion {
  readonly tenant: string;
  readonly version: number;
  readonly spec: RuleSetSpec;
  readonly fingerprint: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly note?: string;
}

/** What somebody did about which rules decide. */
export interface RulesChange {
  readonly atMs: number;
  readonly by: string;
  readonly change:
    | { readonly kind: "activate"; readonly version: number; readonly before: number }
    /** Without a version: the end of what was going on. */
    | { readonly kind: "shadow"; readonly version?: number }
    | { readonly kind: "experiment"; readonly version?: number; readonly percent?: number };
  readonly reason?: string;
}

/** Which versions matter at the moment; absent: the shipped rules, and nothing tried. */
export interface RulesHead {
  readonly tenant: string;
  readonly latestVersion: number;
  readonly activeVersion: number;
  /** Decides too, but is only written down. */
  readonly shadowVersion?: number;
  readonly experiment?: {
    readonly candidateVersion: number;
    /** Of the instances, by stable hash of their ids. */
    readonly percent: number;
    readonly startedAtMs: number;
    readonly startedBy: string;
  };
  readonly updatedAtMs: number;
  readonly updatedBy: string;
  /** The newest ones, newest first. */
  readonly changes?: readonly RulesChange[];
}

/** What is known of a submission, under the rule language's names; unknown features are absent. */
export type FeatureValue = string | number | boolean;
export type Features = Readonly<Record<string, FeatureValue>>;

/** What the rules say about some features. */
export interface Classification {
  readonly rule: string;
  readonly type: ExecutionType;
  readonly priority: RulePriority;
  readonly backend?: string;
  readonly reason: string;
  /** True when no rule matched, so that the policy is free to choose. */
  readonly open: boolean;
}

/** A version made ready for use. */
export interface RuleSet {
  readonly name: string;
  readonly version: number;
  readonly policy: AllocationPolicy;
  /** First match by priority, then by order; else the default. */
  classify(features: Features): Classification;
}

/** What a routing decision goes by. */
export interface RulesInForce {
  readonly active: RuleSet;
  readonly shadow?: RuleSet;
  readonly experiment?: { readonly candidate: RuleSet; readonly percent: number };
}
