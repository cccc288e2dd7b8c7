import * as z from "zod";
import { instanceStates } from "../../instance/moves.ts";

const At = z.iso.datetime();

const Quantiles = z.object({
  count: z.int().min(0),
  meanMs: z.number().optional(),
  p50Ms: z.number().optional(),
  p95Ms: z.number().optional(),
});

const Counts = z.object({
  submitted: z.int().min(0),
  finished: z.partialRecord(z.enum(instanceStates), z.int().min(0)),
  attempts: z.int().min(0),
  attemptsFailed: z.int().min(0),
  run: Quantiles,
  wait: Quantiles,
});

/** Counts and times of a task from its rollups; quantiles are within about 2 %. */
export const TaskStatsView = z.object({
  task: z.string(),
  from: At,
  until: At,
  total: Counts,
  backends: z.array(Counts.extend({ backend: z.string() })),
  hours: z.array(Counts.extend({ hour: At })),
});
export type TaskStatsView = z.infer<typeof TaskStatsView>;

export const DoctorView = z.object({
  scanned: z.int().min(0),
  findings: z.array(
    z.object({
      instanceId: z.string(),
      task: z.string(),
      invariant: z.string(),
      detail: z.string(),
    }),
  ),
  nextCursor: z.string().optional(),
});
export type DoctorView = z.infer<typeof DoctorView>;

export const componentStates = ["ok", "degraded", "down"] as const;
export type ComponentState = (typeof componentStates)[number];

export const HealthView = z.object({
  status: z.enum(componentStates).meta({ description: "The worst of the components'." }),
  version: z.string(),
  now: At,
  components: z.record(
    z.string(),
    z.looseObject({ state: z.enum(componentStates) }).meta({
      description: "Its state, and further facts such as counts.",
    }),
  ),
});
export type HealthView = z.infer<typeof HealthView>;
