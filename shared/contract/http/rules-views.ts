import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { boundedText } from "../../core/texts.ts";
import { Submission } from "../../instance/submission.ts";
import { executionTypes } from "../../routing/backend-capabilities.ts";
import { rulePriorities } from "../../routing/receipt.ts";
import { RoutingRule, RuleSetSpec } from "../../routing/rules/rule-set.ts";
import { AllocationPolicy } from "../../task/allocation-policy.ts";
import { ReceiptView } from "./receipt-views.ts";

const At = z.iso.datetime();
const Version = z.int().min(0).max(99_999_999);

/** Body of `PUT /v1/rules`. */
export const PutRules = RuleSetSpec.extend({
  note: boundedText(limits.reasonBytesMax)
    .optional()
    .meta({ description: "What this version is for; kept with it." }),
  activate: z
    .boolean()
    .default(true)
    .meta({ description: "False: only keep it, to try it in shadow or in an experiment." }),
});
export type PutRules = z.infer<typeof PutRules>;

/** Body of `POST /v1/rules/check`: one condition, a whole rule set, or its text form. */
export const CheckRules = z
  .strictObject({
    when: z.string().max(limits.rulesTextBytesMax).optional(),
    rules: RuleSetSpec.optional(),
    text: z
      .string()
      .max(4 * limits.rulesTextBytesMax)
      .optional()
      .meta({ description: "A rule set in its text form, as in .rules files." }),
  })
  .refine(
    ({ when, rules, text }) => [when, rules, text].filter((of) => of !== undefined).length === 1,
    "must have exactly one of when, rules, text",
  );
export type CheckRules = z.infer<typeof CheckRules>;

/** Body of `POST /v1/rules/evaluate`. */
export const EvaluateRules = z
  .strictObject({
    features: z
      .record(z.string().min(1).max(128), z.union([z.string().max(1_024), z.number(), z.boolean()]))
      .optional()
      .meta({
        description:
          "Under the rule language's names: numbers in s, cores, GB, ms, Mbps or bytes, or texts " +
          'as in rules such as "299s". What is left out is unknown.',
      }),
    submission: Submission.optional(),
    rules: RuleSetSpec.optional().meta({ description: "Try these instead of those in force." }),
  })
  .refine(
    ({ features, submission }) => (features === undefined) !== (submission === undefined),
    "must have exactly one of features, submission",
  );
export type EvaluateRules = z.infer<typeof EvaluateRules>;

export const ActivateRules = z.strictObject({
  version: Version.meta({ description: "0 is what is shipped." }),
  reason: boundedText(limits.reasonBytesMax).optional(),
});
export const ShadowRules = z.strictObject({ version: Version });
export const ExperimentRules = z.strictObject({
  candidateVersion: Version,
  percent: z
    .number()
    .positive()
    .max(100)
    .meta({ description: "Of the instances, by a stable hash of their ids." }),
});
export const RulesVersionParams = z.strictObject({
  version: z
    .string()
    .regex(/^\d{1,8}$/, "must be a version's number")
    .transform(Number)
    .meta({ description: "Number of the version; 0 is what is shipped." }),
});

/** One immutable version of the rules. */
export const RulesVersionView = z.object({
  version: z.int().min(0).meta({ description: "0 is what is shipped." }),
  name: z.string(),
  rules: z.array(RoutingRule).meta({ description: "Their conditions are in canonical form." }),
  policy: AllocationPolicy,
  text: z.string().meta({ description: "The whole set in its text form." }),
  fingerprint: z.string().meta({ description: "SHA-256 of the canonical content." }),
  createdAt: At.optional().meta({ description: "Absent for what is shipped." }),
  createdBy: z.string().optional(),
  note: z.string().optional(),
});
export type RulesVersionView = z.infer<typeof RulesVersionView>;

/** A version without its content. */
export const RulesVersionItem = RulesVersionView.omit({
  rules: true,
  policy: true,
  text: true,
}).extend({ ruleCount: z.int().min(0) });
export type RulesVersionItem = z.infer<typeof RulesVersionItem>;

export const RulesChangeView = z.object({
  at: At,
  by: z.string(),
  kind: z.enum(["activate", "shadow", "experiment"]),
  version: z.int().optional().meta({ description: "Absent: what was going on was ended." }),
  before: z.int().optional().meta({ description: "The version that was in force before." }),
  percent: z.number().optional(),
  reason: z.string().optional(),
});
export type RulesChangeView = z.infer<typeof RulesChangeView>;

/** Which rules decide at the moment. */
export const RulesView = z.object({
  active: RulesVersionView,
  latestVersion: z.int().min(0),
  shadow: z
    .object({ version: z.int().min(0), name: z.string() })
    .optional()
    .meta({ description: "Decides too, but is only written down." }),
  experiment: z
    .object({
      candidateVersion: z.int().min(0),
      name: z.string(),
      percent: z.number(),
      startedAt: At,
      startedBy: z.string(),
    })
    .optional(),
  changes: z.array(RulesChangeView).meta({ description: "The newest ones, newest first." }),
});
export type RulesView = z.infer<typeof RulesView>;

export const PutRulesView = RulesView.extend({
  version: z.int().min(0).meta({ description: "The version that holds what was sent." }),
});
export type PutRulesView = z.infer<typeof PutRulesView>;

export const RuleMistakeView = z.object({
  rule: z.string().optional(),
  line: z.int().min(1).meta({ description: "Within the condition, or within the text form." }),
  column: z.int().min(1),
  message: z.string(),
  suggestion: z.string().optional(),
});
export type RuleMistakeView = z.infer<typeof RuleMistakeView>;

export const CheckedRulesView = z.object({
  ok: z.boolean(),
  mistakes: z.array(RuleMistakeView),
  when: z.string().optional().meta({ description: "The condition in its canonical text." }),
  rules: RuleSetSpec.optional().meta({ description: "The rule set, its conditions canonical." }),
  text: z.string().optional().meta({ description: "The rule set in its text form." }),
});
export type CheckedRulesView = z.infer<typeof CheckedRulesView>;

/** What the rules say about some features or a submission. */
export const EvaluationView = z.object({
  type: z.enum(executionTypes),
  rule: z.string().meta({ description: "The rule that decided." }),
  priority: z.enum(rulePriorities),
  backend: z.string().optional().meta({
    description: "Where routing would go; absent when no backend of this host can run it.",
  }),
  reason: z.string().meta({ description: "Why it is of this type: the rule's reason." }),
  backendReason: z.string().optional().meta({ description: "Why that backend, or why none." }),
  open: z.boolean().meta({ description: "True when no rule matched and the policy chooses." }),
  rules: z.string().meta({ description: "Name of the rule set." }),
  version: z
    .int()
    .optional()
    .meta({ description: "Of the rules that decided; absent for rules sent with the request." }),
  features: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .meta({ description: "What was known, in canonical units." }),
  verdicts: z
    .array(
      z.object({
        rule: z.string(),
        verdict: z.enum(["matches", "does not match", "unknown"]),
        missing: z.array(z.string()).meta({ description: "Features that would decide it." }),
      }),
    )
    .meta({ description: "What each rule says, in the order in which they are asked." }),
  receipt: ReceiptView.optional(),
});
export type EvaluationView = z.infer<typeof EvaluationView>;
