import * as z from "zod";

const At = z.iso.datetime();

const Times = z.object({
  meanMs: z.number().optional(),
  p50Ms: z.number().optional(),
  p95Ms: z.number().optional(),
});

const inputs = z
  .string()
  .meta({ description: 'Inputs of like size are taken together: "up to 1 kB".' });

/** What was learned about a task, and where it therefore belongs. */
export const PlacementView = z.object({
  task: z.string(),
  version: z.int().min(1).meta({ description: "The version that taught last." }),
  placements: z
    .array(
      z.object({
        inputs,
        promoted: z
          .boolean()
          .meta({ description: "Whether it goes to a bigger backend directly." }),
        since: At,
        reason: z.string(),
        tooSmall: z.string().optional().meta({ description: "The backend that it left." }),
        fits: z.int().meta({
          description: "Runs in a row that would have been fine on the backend it left.",
        }),
        fitsNeeded: z.int().meta({ description: "So many bring it back." }),
      }),
    )
    .meta({ description: "Empty while nothing speaks against any backend." }),
  learned: z
    .array(
      z.object({
        backend: z.string(),
        inputs,
        runs: z
          .number()
          .meta({ description: "Older runs count for less, so this may be a fraction." }),
        timeouts: z.number(),
        outOfMemory: z.number(),
        run: Times.meta({ description: "Successes, and time-outs as the least they would take." }),
        wait: Times.meta({ description: "From the hand-over to the start." }),
        memoryMbP95: z.number().optional(),
        lastAt: At,
      }),
    )
    .meta({ description: "Quantiles are within about 6 %." }),
  memoryMbFloor: z.number().optional().meta({
    description: "The least memory that attempts get since one ran out of it.",
  }),
  submissionsPerHour: z.int().optional(),
  flips: z
    .array(
      z.object({
        at: At,
        to: z.enum(["promoted", "demoted"]),
        version: z.int(),
        inputs,
        reason: z.string(),
      }),
    )
    .meta({ description: "Changes of mind, newest first." }),
});
export type PlacementView = z.infer<typeof PlacementView>;
