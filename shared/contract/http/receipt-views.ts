import * as z from "zod";
import { executionTypes } from "../../routing/backend-capabilities.ts";
import { rulePriorities } from "../../routing/receipt.ts";

const At = z.iso.datetime();

const PredictionView = z
  .object({
    waitMs: z.number().meta({ description: "From the hand-over to the first line of code." }),
    runMs: z.number(),
    usd: z.number(),
    timeoutRisk: z.number().meta({
      description: "The chance, 0 to 1, that it needs more than 80 % of the time it would get.",
    }),
  })
  .meta({ description: "An estimate by list prices and what was learned; never a bill." });

/** Why an attempt went where it went. */
export const ReceiptView = z.object({
  decidedAt: At,
  rules: z.object({ name: z.string(), version: z.int() }).meta({
    description: "Which rules decided; version 0 is what is shipped.",
  }),
  rule: z.string().meta({
    description: 'The rule that matched; "promoted" where what was learned overrode the rules.',
  }),
  type: z.enum(executionTypes),
  priority: z.enum(rulePriorities),
  policy: z.string().meta({ description: "What chose among the backends that the rule left." }),
  prices: z.string().meta({ description: "Version of the price table." }),
  features: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).meta({
    description: "What was known, under the rule language's names, in s, cores, GB, ms, Mbps.",
  }),
  candidates: z.array(
    z.object({
      backend: z.string(),
      type: z.enum(executionTypes),
      feasible: z.boolean(),
      exclusions: z.array(z.string()).meta({ description: "Why not, one sentence each." }),
      temporary: z
        .literal(true)
        .optional()
        .meta({ description: "Only because it takes nothing at the moment." }),
      size: z.string().optional().meta({ description: "What an attempt would get." }),
      predicted: PredictionView.optional().meta({
        description: "Absent where the task could not even begin.",
      }),
    }),
  ),
  chosen: z.string().optional(),
  margin: z
    .object({ over: z.string(), usd: z.number(), ms: z.number() })
    .optional()
    .meta({ description: "How much the next best would have cost more, in money and in time." }),
  memoryMb: z
    .number()
    .optional()
    .meta({ description: "What the attempt gets, where that is not what the task says." }),
  timeoutMs: z
    .number()
    .optional()
    .meta({ description: "The backend's limit, where that is less than the task's." }),
  experiment: z
    .object({ arm: z.enum(["control", "candidate"]), control: z.int(), candidate: z.int() })
    .optional()
    .meta({ description: "Which of two versions of the rules decided, by the instance's id." }),
  shadow: z
    .object({
      version: z.int(),
      rule: z.string(),
      type: z.enum(executionTypes),
      chosen: z.string().optional(),
    })
    .optional()
    .meta({ description: "What the rules in shadow would have done." }),
  reason: z.string().meta({ description: "For people who did not write the rules." }),
});
export type ReceiptView = z.infer<typeof ReceiptView>;

/** What an attempt was like, and what it would have been elsewhere. */
const OutcomeView = {
  actual: z
    .object({
      waitMs: z.number().optional(),
      runMs: z.number().optional(),
      usd: z.number().meta({ description: "By list prices: an estimate, never a bill." }),
    })
    .optional()
    .meta({ description: "Of a finished attempt, to be compared with what was predicted." }),
  elsewhere: z
    .array(
      z.object({
        backend: z.string(),
        feasible: z.boolean(),
        usd: z.number(),
        ms: z
          .number()
          .meta({ description: "Expected wait and the actual run, up to the limit there." }),
        cutOff: z.literal(true).optional().meta({
          description: "The run would have used up its time there: usd and ms end at that limit.",
        }),
      }),
    )
    .optional()
    .meta({ description: "What the same run would have cost on the others: estimates." }),
};

export const RoutingView = z.object({
  instanceId: z.string(),
  items: z.array(
    z.object({
      attempt: z.int(),
      attemptId: z.string(),
      backend: z.string(),
      receipt: ReceiptView.optional(),
      ...OutcomeView,
    }),
  ),
  planned: ReceiptView.optional().meta({
    description: "What routing would decide now, for an instance that waits for an attempt.",
  }),
});
export type RoutingView = z.infer<typeof RoutingView>;
