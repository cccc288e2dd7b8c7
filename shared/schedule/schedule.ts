import * as z from "zod";
import { limits } from "../core/limits.ts";
import { boundedText, Name, Tags } from "../core/texts.ts";
import { Instant, JsonPayload } from "../instance/submission.ts";

export const overlapPolicies = ["allow", "skip", "queue_one", "cancel_running"] as const;
export const misfirePolicies = ["skip", "fire_once", "catch_up"] as const;
export const calendarPolicies = ["skip", "previous", "next", "run"] as const;
export type CalendarPolicy = (typeof calendarPolicies)[number];

/** What to do with slots that nobody could fire in time, after a downtime for instance. */
export const Misfire = z.strictObject({
  policy: z.enum(misfirePolicies).default("fire_once"),
  /** With `catch_up`: so many of the newest missed slots are fired. */
  max: z.int().min(1).max(limits.catchUpMax).default(100),
  /** A slot that is not later than that has not been missed. */
  graceSeconds: z.int().min(60).max(86_400).default(300),
});

/** Body of `PUT /v1/schedules/{name}`: when, and what is submitted then. */
export const ScheduleSpec = z.strictObject({
  description: boundedText(limits.descriptionBytesMax).optional(),
  /** `cron(…)` of six fields, five plain cron fields, `rate(…)` or `at(…)`. */
  expression: z.string().min(1).max(limits.expressionCharsMax),
  timezone: z.string().min(1).max(50).default("UTC"),
  startAt: Instant.optional(),
  endAt: Instant.optional(),
  /** Spreads schedules of the same time: each has a fixed place within so many seconds. */
  jitterSeconds: z.int().min(0).max(limits.jitterSecondsMax).default(0),
  calendars: z.array(Name).min(1).max(5).optional(),
  onClosedDay: z.enum(calendarPolicies).default("skip"),
  overlap: z.enum(overlapPolicies).default("skip"),
  misfire: Misfire.prefault({}),
  /** Raises a finding when a slot has not begun, or not succeeded, in so much time. */
  startWithinSeconds: z
    .int()
    .min(60)
    .max(7 * 86_400)
    .optional(),
  succeedWithinSeconds: z
    .int()
    .min(60)
    .max(30 * 86_400)
    .optional(),
  task: Name,
  version: z.int().min(1).max(99_999_999).optional(),
  /** May hold placeholders such as `{{nominal.date}}`. */
  input: JsonPayload.optional(),
  config: z.record(z.string().max(128), JsonPayload).optional(),
  priority: z.int().min(limits.priorityMin).max(limits.priorityMax).optional(),
  group: Name.optional(),
  tags: Tags.optional(),
  timeoutSeconds: z.number().positive().max(limits.attemptTimeoutSecondsMax).optional(),
  backend: Name.optional(),
});
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;

/** What others have been told of a record, such as EventBridge Scheduler of a schedule. */
export interface Mirrored {
  readonly state: "pending" | "in_sync" | "failed";
  /** Asked for at, or achieved at. */
  readonly atMs: number;
  readonly tries?: number;
  readonly error?: string;
}

/**
 * A schedule and how far it has come. Slots up to `handledMs` are settled, each by one write that also
 * moves `handledMs`: messages about firings only say that it is time to look.
 */
export interface Schedule {
  readonly tenant: string;
  readonly name: string;
  readonly spec: ScheduleSpec;
  /** Grows whenever its times change or it is resumed: slots of older generations create nothing. */
  readonly generation: number;
  /** Grows with every change that somebody asks for; its ETag. */
  readonly revision: number;
  readonly state: "active" | "paused" | "completed";
  readonly paused?: { readonly atMs: number; readonly by: string; readonly reason?: string };
  /** Where `rate(…)` counts from. */
  readonly anchorMs: number;
  /** Slots of this generation are later than that. */
  readonly sinceMs: number;
  /** Nominal time of the newest settled slot, or the time from which slots count. */
  readonly handledMs: number;
  /** When that one was due, where calendars move slots: they are settled in the order of this. */
  readonly handledDueMs?: number;
  /** The next slot, absent when none will come. */
  readonly nextNominalMs?: number;
  /** When it is handled: its nominal time, moved by calendars. */
  readonly nextDueMs?: number;
  /** Its newest instance, for the overlap policy. */
  readonly latest?: { readonly instanceId: string; readonly nominalMs: number };
  /** With `queue_one`: the slot that waits for the latest instance to finish. */
  readonly queued?: { readonly nominalMs: number; readonly dueMs: number };
  /** The newest settled slots, newest last. */
  readonly recent: readonly Slot[];
  readonly mirror?: Mirrored;
  /** When the schedule must be looked at again; absent when nothing will come. */
  readonly wakeAtMs?: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export const slotOutcomes = ["fired", "skipped", "missed"] as const;

/** What became of one slot, for ever; one that was not fired may stand for a run of slots. */
export interface Slot {
  readonly generation: number;
  readonly nominalMs: number;
  /** The last nominal time of a run of slots, and how many they are. */
  readonly untilMs?: number;
  readonly count?: number;
  readonly outcome: (typeof slotOutcomes)[number];
  readonly instanceId?: string;
  readonly backfill?: string;
  readonly atMs: number;
  /** In words, where it was not simply fired in time. */
  readonly reason?: string;
}

export const BackfillRequest = z
  .strictObject({
    from: Instant,
    to: Instant.meta({ description: "Exclusive." }),
    /** Instances of the backfill that may be open at the same time. */
    concurrency: z.int().min(1).max(limits.backfillConcurrencyMax).default(1),
    /** `missing` leaves out slots that were fired; `all` runs them again. */
    slots: z.enum(["missing", "all"]).default("missing"),
    order: z.enum(["oldest_first", "newest_first"]).default("oldest_first"),
    dryRun: z.boolean().default(false),
    reason: boundedText(limits.reasonBytesMax).optional(),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ["to"],
    error: "must be later than from",
  });
export type BackfillRequest = z.infer<typeof BackfillRequest>;

/** A range of past slots that is worked off with bounded concurrency. */
export interface Backfill {
  readonly tenant: string;
  readonly schedule: string;
  readonly id: string;
  readonly generation: number;
  readonly state: "running" | "cancelled" | "finished";
  readonly request: BackfillRequest;
  /** What the schedule said when it was asked for. */
  readonly spec: ScheduleSpec;
  readonly anchorMs: number;
  /** Nominal time of the newest slot that was taken up, in the order of the request. */
  readonly cursorMs: number;
  /** No slot is left to be taken up. */
  readonly exhausted?: true;
  /** Its open instances. */
  readonly open: readonly { readonly instanceId: string; readonly nominalMs: number }[];
  readonly total: number;
  /** Slots with an instance of this backfill. */
  readonly fired: number;
  /** Slots that had been fired before. */
  readonly leftOut: number;
  /** Slots whose submission was refused. */
  readonly refused: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly wakeAtMs?: number;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly finishedAtMs?: number;
}
