import * as z from "zod";
import { describeExpression } from "../../schedule/describe.ts";
import { isExpressionError, parseExpression } from "../../schedule/expression.ts";
import { jitterMs } from "../../schedule/fires.ts";
import { type Schedule, ScheduleSpec, type Slot, slotOutcomes } from "../../schedule/schedule.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();

/** What became of one slot, or of a run of them. */
export const SlotView = z.object({
  nominalAt: At.meta({ description: "The time that the expression names." }),
  untilAt: At.optional().meta({ description: "The last one of a run of slots." }),
  count: z.int().optional().meta({
    description: `How many slots a run has; a run has at most 10000.`,
  }),
  outcome: z.enum(slotOutcomes),
  instanceId: z.string().optional(),
  backfill: z.string().optional().meta({ description: "The backfill that ran it." }),
  generation: z.int(),
  at: At.meta({ description: "When it was settled." }),
  reason: z.string().optional().meta({ description: "Where it was not simply fired in time." }),
});
export type SlotView = z.infer<typeof SlotView>;

/** A schedule and how far it has come. */
export const ScheduleView = z.object({
  name: z.string(),
  spec: ScheduleSpec,
  when: z.string().meta({ description: "The expression in words." }),
  state: z.enum(["active", "paused", "completed"]),
  paused: z.object({ at: At, by: z.string(), reason: z.string().optional() }).optional(),
  generation: z.int().min(1).meta({
    description: "Grows when its times change and when it is resumed: slots count anew then.",
  }),
  next: z
    .object({ nominalAt: At, startAt: At.meta({ description: "With calendars and jitter." }) })
    .optional()
    .meta({ description: "Absent while paused, and when none will come." }),
  latest: z
    .object({ instanceId: z.string(), nominalAt: At })
    .optional()
    .meta({ description: "Its newest instance." }),
  queued: z
    .object({ nominalAt: At })
    .optional()
    .meta({ description: "The slot that waits for the newest instance to finish." }),
  recent: z.array(SlotView).meta({ description: "The newest settled slots, oldest first." }),
  mirror: z
    .object({
      state: z.enum(["pending", "in_sync", "failed"]),
      at: At,
      error: z.string().optional(),
    })
    .optional()
    .meta({
      description: "Whether EventBridge Scheduler knows of it; it fires without that, too.",
    }),
  warnings: z.array(z.string()).optional().meta({
    description: "What may not be meant so; only answered when it is defined.",
  }),
  createdAt: At,
  updatedAt: At,
  updatedBy: z.string(),
  links: z.object({ self: z.string(), slots: z.string(), backfills: z.string() }),
});
export type ScheduleView = z.infer<typeof ScheduleView>;

export function scheduleToView(schedule: Schedule, warnings?: readonly string[]): ScheduleView {
  const { name, spec, state, paused, generation, latest, queued, mirror } = schedule;
  const self = `/v1/schedules/${name}`;
  return {
    name,
    spec,
    when: whenOf(spec),
    state,
    generation,
    ...(paused === undefined
      ? {}
      : { paused: { at: isoTime(paused.atMs), by: paused.by, ...reasonOf(paused) } }),
    ...nextOf(schedule),
    ...(latest === undefined
      ? {}
      : { latest: { instanceId: latest.instanceId, nominalAt: isoTime(latest.nominalMs) } }),
    ...(queued === undefined ? {} : { queued: { nominalAt: isoTime(queued.nominalMs) } }),
    recent: schedule.recent.map(slotToView),
    ...(mirror === undefined
      ? {}
      : {
          mirror: {
            state: mirror.state,
            at: isoTime(mirror.atMs),
            ...(mirror.error === undefined ? {} : { error: mirror.error }),
          },
        }),
    ...(warnings === undefined ? {} : { warnings: [...warnings] }),
    createdAt: isoTime(schedule.createdAtMs),
    updatedAt: isoTime(schedule.updatedAtMs),
    updatedBy: schedule.updatedBy,
    links: { self, slots: `${self}/slots`, backfills: `${self}/backfills` },
  };
}

export function slotToView(slot: Slot): SlotView {
  const { untilMs, count, instanceId, backfill } = slot;
  return {
    nominalAt: isoTime(slot.nominalMs),
    ...(untilMs === undefined ? {} : { untilAt: isoTime(untilMs) }),
    ...(count === undefined ? {} : { count }),
    outcome: slot.outcome,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(backfill === undefined ? {} : { backfill }),
    generation: slot.generation,
    at: isoTime(slot.atMs),
    ...reasonOf(slot),
  };
}

function whenOf({ expression, timezone }: ScheduleSpec): string {
  const parsed = parseExpression(expression);
  return isExpressionError(parsed) ? expression : describeExpression(parsed, timezone);
}

function nextOf({ tenant, name, spec, state, nextNominalMs, nextDueMs }: Schedule): object {
  if (state !== "active" || nextNominalMs === undefined || nextDueMs === undefined) return {};
  const { jitterSeconds } = spec;
  const startMs = nextDueMs + jitterMs({ jitterSeconds, jitterSeed: `${tenant}/${name}` });
  return { next: { nominalAt: isoTime(nextNominalMs), startAt: isoTime(startMs) } };
}

function reasonOf({ reason }: { readonly reason?: string }): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}
