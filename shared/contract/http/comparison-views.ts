import * as z from "zod";
import { type SkipReason, skipReasons } from "../../routing/what-if-row.ts";
import { AllocationPolicy } from "../../task/allocation-policy.ts";

const At = z.iso.datetime();
const skipNames = Object.keys(skipReasons) as [SkipReason, ...SkipReason[]];

const BeforeAfterView = z.object({ before: z.number(), after: z.number(), delta: z.number() });

/** Which stored instances an answer rests on. */
const Covered = z.object({
  since: At,
  until: At,
  scanned: z.int().min(0).meta({ description: "Instances read, newest first." }),
  truncated: z
    .object({
      by: z.enum(["instances", "time"]),
      coveredSince: At.meta({ description: "Older instances than this were not read." }),
    })
    .optional()
    .meta({ description: "Present when not all of the period was read, and why." }),
});

/** What other decisions would have made of the same instances. */
export const WhatIfFigures = z.object({
  instances: z.int().min(0).meta({ description: "Those that were compared." }),
  skipped: z.array(
    z.object({ reason: z.enum(skipNames), meaning: z.string(), count: z.int().min(1) }),
  ),
  moved: z.int().min(0).meta({ description: "Those that would have gone elsewhere." }),
  movedByPair: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      count: z.int().min(1),
      usdDelta: z.number(),
    }),
  ),
  usd: BeforeAfterView,
  latencyMs: z
    .object({ p50: BeforeAfterView, p95: BeforeAfterView })
    .optional()
    .meta({ description: "From claim to end; absent when nothing was compared." }),
  predictedTimeouts: BeforeAfterView.meta({
    description: "Attempts that used up, or are expected to use up, their time.",
  }),
  byTask: z.array(
    z.object({
      task: z.string(),
      instances: z.int().min(1),
      moved: z.int().min(1),
      usdDelta: z.number(),
      latencyMsDeltaMean: z.number(),
    }),
  ),
  worst: z
    .array(
      z.object({
        instanceId: z.string(),
        task: z.string(),
        from: z.string(),
        to: z.string(),
        usd: BeforeAfterView,
        latencyMs: BeforeAfterView,
        timeouts: BeforeAfterView,
        rule: z.string(),
        reason: z.string(),
      }),
    )
    .meta({ description: "Those that would have lost most, worst first." }),
  prices: z.string().meta({ description: "Version of the price table." }),
  estimate: z.literal(true),
});
export type WhatIfFigures = z.infer<typeof WhatIfFigures>;

export const WhatIfView = z.object({
  rules: z.object({
    name: z.string(),
    version: z
      .int()
      .min(0)
      .optional()
      .meta({ description: "Absent for rules that are not stored." }),
  }),
  policy: AllocationPolicy,
  ...Covered.shape,
  ...WhatIfFigures.shape,
});
export type WhatIfView = z.infer<typeof WhatIfView>;

export const StopCheckView = z.object({
  outcome: z.enum(["none running", "goes on", "stopped"]),
  verdict: z.string().optional().meta({ description: "In words; absent when none is running." }),
});
export type StopCheckView = z.infer<typeof StopCheckView>;

const IntervalView = z.object({
  estimate: z.number(),
  low: z.number(),
  high: z.number(),
});

const ArmView = z.object({
  count: z.int().min(0),
  failures: z.int().min(0),
  usdMean: z.number().meta({ description: "Per instance, all its attempts together." }),
  latencyMsMean: z.number().meta({ description: "From when it was due to its end." }),
  latencyMsP50: z.number().optional(),
  latencyMsP95: z.number().optional(),
});

export const RulesComparisonView = z.object({
  ...Covered.shape,
  shadows: z.array(
    z.object({
      version: z.int().min(0),
      otherwise: z.number().min(0).max(1).meta({ description: "Share that it would have moved." }),
      ...WhatIfFigures.shape,
    }),
  ),
  experiments: z.array(
    z.object({
      control: z.int().min(0).meta({ description: "Version of the rules in force." }),
      candidate: z.int().min(0).meta({ description: "Version of the rules that were tried." }),
      running: z.boolean(),
      arms: z.object({ control: ArmView, candidate: ArmView }),
      difference: z
        .object({
          confidence: z.number(),
          usd: IntervalView.optional(),
          latencyMs: IntervalView.optional(),
          failureRate: IntervalView,
        })
        .meta({ description: "Candidate less control." }),
      verdict: z.string().meta({ description: "In words." }),
      stopAdvised: z
        .boolean()
        .meta({ description: "True when the candidate is significantly worse." }),
    }),
  ),
  estimate: z.literal(true),
});
export type RulesComparisonView = z.infer<typeof RulesComparisonView>;
