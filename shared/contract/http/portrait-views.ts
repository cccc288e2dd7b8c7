import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name } from "../../core/texts.ts";

const At = z.iso.datetime();
const Count = z.int().min(0);
const Amount = z.number().min(0);

const hours = ["24", "168"] as const;

export const PortraitQuery = z.strictObject({
  hours: z
    .enum(hours)
    .default("24")
    .transform(Number)
    .meta({ description: "The next day in minutes, or the next week in steps of ten minutes." }),
  group: Name.optional().meta({ description: "Only what concerns the schedules of this group." }),
  lambdaConcurrency: z
    .string("must be given once")
    .regex(/^\d{1,7}$/, "must be a whole number from 1 to 9999999")
    .transform(Number)
    .pipe(z.int().min(1))
    .optional()
    .meta({
      description: `The account's concurrency of Lambda. Default: ${limits.lambdaConcurrencyAssumed}, assumed.`,
    }),
});
export type PortraitQuery = z.infer<typeof PortraitQuery>;

const Expected = z.object({
  schedules: Count,
  starts: Amount,
  startsPerMinuteMax: Amount,
  usd: Amount,
  peak: z.object({
    runsP50: Count.meta({ description: "At the same time, when each run takes its median." }),
    runsP90: Count.meta({ description: "When each takes longer than nine of ten do." }),
    at: At.meta({ description: "When the latter is first reached." }),
  }),
});

const Curve = z
  .object({
    starts: z.array(Amount),
    runsP50: z.array(Count),
    runsP90: z.array(Count),
    usd: z.array(Amount),
  })
  .meta({ description: "One number for each bucket; of runs the most at the same time." });

const Basis = z.enum(["history", "estimate", "unknown"]);

const Facts = z.object({
  level: Amount.meta({ description: "Runs, seconds of waiting, or schedules of one instant." }),
  secondsAbove: Count,
  peakRuns: Count.meta({ description: "Of all schedules in all the portrait." }),
});

const Change = z.object({
  name: z.string(),
  revision: z.int().min(1).meta({ description: "Of the schedule as it was read: its ETag." }),
  jitterSeconds: z.int().min(0).max(limits.jitterSecondsMax),
});

export const CollisionView = z.object({
  id: z.string().meta({ description: "For POST /v1/portrait/spread." }),
  kind: z.enum(["slots", "rate", "instant"]),
  capacity: z.string().optional(),
  message: z.string(),
  likely: z.boolean().meta({
    description: "Also when no run takes longer than its median; otherwise when nine of ten do.",
  }),
  estimated: z.boolean().meta({
    description: "Some of its schedules fire so often that a part of their fires stands for all.",
  }),
  level: Amount,
  bound: Amount,
  at: At.meta({ description: "The beginning of the worst occurrence." }),
  secondsAbove: Count,
  occurrences: Count.meta({ description: "How often the same schedules collide so." }),
  schedules: z.array(z.string()).meta({ description: "The first hundred of them." }),
  scheduleCount: Count,
  proposal: z
    .object({
      withinSeconds: z.int().min(1),
      removes: z.boolean(),
      schedules: z.array(Change),
      before: Facts,
      after: Facts,
    })
    .optional()
    .meta({ description: "The least jitter that removes it, or that helps most." }),
  leftOut: z.array(z.object({ name: z.string(), reason: z.string() })).meta({
    description: "The first hundred schedules that keep their times, and why.",
  }),
});
export type CollisionView = z.infer<typeof CollisionView>;

/** What all active schedules will do together. */
export const PortraitView = z.object({
  from: At,
  to: At,
  hours: z.int(),
  bucketSeconds: z.int(),
  group: z.string().optional(),
  schedules: Count.meta({ description: "Active ones whose slots come to something." }),
  basis: z
    .object({ history: Count, estimate: Count, unknown: Count })
    .meta({ description: "What the expected run times of so many schedules rest on." }),
  notes: z.array(z.string()).meta({ description: "What was assumed, sampled or left out." }),
  total: Expected.extend({ curve: Curve }),
  groups: z.array(Expected.extend({ group: z.string(), curve: Curve.optional() })),
  groupCount: Count,
  tasks: z.array(
    Expected.extend({
      task: z.string(),
      backends: z.array(z.string()),
      runSecondsP50: Amount.meta({ description: "The longest of its schedules." }),
      runSecondsP90: Amount,
      basis: Basis,
    }),
  ),
  taskCount: Count,
  capacities: z.array(
    z.object({
      name: z.string().meta({ description: "A gate, lambda, or pool/NAME." }),
      kind: z.enum(["slots", "rate"]),
      max: Amount.meta({ description: "Slots, or starts in `perSeconds`." }),
      perSeconds: z.number().optional(),
      basis: z.enum(["configured", "present", "assumed"]),
      schedules: Count,
      highest: Amount.meta({ description: "Slots in use, or seconds that a start waits." }),
    }),
  ),
  collisions: z.array(CollisionView),
  collisionCount: Count,
});
export type PortraitView = z.infer<typeof PortraitView>;

/** Body of `POST /v1/portrait/spread`. */
export const SpreadRequest = z
  .strictObject({
    collision: z
      .string()
      .regex(/^col_[0-9a-f]{24}$/, "must be the id of a collision")
      .optional()
      .meta({ description: "Applies what the portrait proposes for it now." }),
    hours: z
      .literal([24, 168])
      .default(24)
      .meta({ description: "Of the portrait that shows the collision." }),
    group: Name.optional().meta({ description: "Of the same portrait." }),
    lambdaConcurrency: z.int().min(1).max(9_999_999).optional().meta({
      description: "Of the same portrait.",
    }),
    schedules: z
      .array(
        z.strictObject({
          name: Name,
          revision: z.int().min(1).max(99_999_999),
          jitterSeconds: z.int().min(0).max(limits.jitterSecondsMax),
        }),
      )
      .min(1)
      .max(limits.spreadSchedulesMax)
      .optional()
      .meta({ description: "Gives these schedules these jitters, as a proposal lists them." }),
    dryRun: z.boolean().default(false),
  })
  .refine(({ collision, schedules }) => (collision === undefined) !== (schedules === undefined), {
    path: ["collision"],
    error: "must be given, or schedules, and not both",
  })
  .refine(
    ({ schedules = [] }) => new Set(schedules.map(({ name }) => name)).size === schedules.length,
    { path: ["schedules"], error: "must name each schedule once" },
  );
export type SpreadRequest = z.infer<typeof SpreadRequest>;

/** What became of each schedule. */
export const SpreadView = z.object({
  dryRun: z.boolean(),
  changed: Count,
  schedules: z.array(
    z.object({
      name: z.string(),
      outcome: z.enum(["changed", "unchanged", "would_change", "refused"]),
      jitterSeconds: z.object({ before: Count, after: Count }),
      revision: z.int().min(1).meta({ description: "As it is stored now." }),
      problem: z.object({ code: z.string(), detail: z.string() }).optional(),
    }),
  ),
  collision: CollisionView.optional().meta({ description: "As it was before." }),
});
export type SpreadView = z.infer<typeof SpreadView>;
