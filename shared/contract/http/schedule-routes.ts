import { limits } from "../../core/limits.ts";
import { InstanceAction } from "../../instance/submission.ts";
import { BackfillRequest, ScheduleSpec } from "../../schedule/schedule.ts";
import { BackfillPlan, BackfillView } from "./backfill-views.ts";
import { DeletedAnswer } from "./pool-views.ts";
import { NoQuery, PageQuery, PauseAction } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import {
  BackfillParams,
  RunSchedule,
  ScheduleListQuery,
  ScheduleParams,
} from "./schedule-requests.ts";
import { ScheduleView, SlotView } from "./schedule-views.ts";
import { InstanceView, listPage } from "./views.ts";

/** What is submitted by time. */
export const scheduleRoutes = {
  defineSchedule: {
    method: "put",
    path: "/v1/schedules/{name}",
    tag: "Schedules",
    summary: "Define a schedule",
    description:
      "Makes it or replaces what it says; what it said already changes nothing. When its times change, " +
      "slots count anew from now. Each slot gets one instance or a note why it has none, once and for ever.",
    role: "admin",
    params: ScheduleParams,
    query: NoQuery,
    headers: {
      "If-Match": {
        description: 'The ETag of the schedule as it was read; "0" for one that does not exist.',
      },
    },
    body: {
      schema: ScheduleSpec,
      example: {
        description: "Adds up yesterday's orders.",
        expression: "cron(30 2 * * ? *)",
        timezone: "Europe/Berlin",
        task: "daily-report",
        input: { day: "{{previous.date}}" },
      },
    },
    answers: {
      200: { description: "The schedule, changed or as it was.", schema: ScheduleView },
      201: { description: "The schedule is new.", schema: ScheduleView },
    },
    problems: [
      "task_not_found",
      "task_version_not_found",
      "calendar_not_found",
      "limit_reached",
      "precondition_failed",
      "payload_too_large",
      "conflict",
    ],
  },
  listSchedules: {
    method: "get",
    path: "/v1/schedules",
    tag: "Schedules",
    summary: "List the schedules",
    description: "In the order of their names. With filters a page may be short or even empty.",
    role: "viewer",
    query: ScheduleListQuery,
    answers: { 200: { description: "A page of schedules.", schema: listPage(ScheduleView) } },
    problems: ["invalid_cursor"],
  },
  getSchedule: {
    method: "get",
    path: "/v1/schedules/{name}",
    tag: "Schedules",
    summary: "Show a schedule",
    role: "viewer",
    params: ScheduleParams,
    query: NoQuery,
    answers: { 200: { description: "The schedule.", schema: ScheduleView } },
    problems: ["schedule_not_found"],
  },
  deleteSchedule: {
    method: "delete",
    path: "/v1/schedules/{name}",
    tag: "Schedules",
    summary: "Delete a schedule",
    description:
      "No further slot fires and its backfills stop; instances that were submitted go on. A new " +
      "schedule of the same name does not run their slots again.",
    role: "admin",
    params: ScheduleParams,
    query: NoQuery,
    answers: { 200: { description: "It is gone.", schema: DeletedAnswer } },
    problems: ["schedule_not_found", "conflict"],
  },
  pauseSchedule: {
    method: "post",
    path: "/v1/schedules/{name}/pause",
    tag: "Schedules",
    summary: "Pause a schedule",
    description:
      "No slot fires until it is resumed; what was submitted goes on, and backfills do. Pausing a " +
      "paused schedule changes nothing.",
    role: "operator",
    params: ScheduleParams,
    query: NoQuery,
    body: { schema: PauseAction, example: { reason: "the warehouse moves" }, optional: true },
    answers: { 200: { description: "The schedule, paused.", schema: ScheduleView } },
    problems: ["schedule_not_found", "schedule_completed", "conflict"],
  },
  resumeSchedule: {
    method: "post",
    path: "/v1/schedules/{name}/resume",
    tag: "Schedules",
    summary: "Resume a schedule",
    description:
      "Slots count anew from now: what came while it was paused is not fired. A backfill runs it.",
    role: "operator",
    params: ScheduleParams,
    query: NoQuery,
    body: { schema: PauseAction, example: { reason: "the warehouse is back" }, optional: true },
    answers: { 200: { description: "The schedule, no longer paused.", schema: ScheduleView } },
    problems: ["schedule_not_found", "conflict"],
  },
  runSchedule: {
    method: "post",
    path: "/v1/schedules/{name}/run",
    tag: "Schedules",
    summary: "Run a schedule now",
    description:
      "Submits at once what its next slot would submit, with the present time as the nominal one, " +
      "whatever its overlap policy and also while it is paused. No slot is used up.",
    role: "operator",
    params: ScheduleParams,
    query: NoQuery,
    headers: {
      "Idempotency-Key": { description: "The same as idempotencyKey in the body." },
    },
    body: { schema: RunSchedule, example: { idempotencyKey: "after-the-fix" }, optional: true },
    answers: {
      200: { description: "The instance that this key made before.", schema: InstanceView },
      202: { description: "Durable; it will run.", schema: InstanceView },
    },
    problems: [
      "schedule_not_found",
      "task_not_found",
      "task_version_not_found",
      "no_feasible_backend",
      "too_many_requests",
      "conflict",
    ],
  },
  listSlots: {
    method: "get",
    path: "/v1/schedules/{name}/slots",
    tag: "Schedules",
    summary: "List what became of a schedule's slots",
    description: `By nominal time, newest first. Kept for ${limits.slotKeepMs / 86_400_000} days.`,
    role: "viewer",
    params: ScheduleParams,
    query: PageQuery,
    answers: { 200: { description: "A page of slots.", schema: listPage(SlotView) } },
    problems: ["schedule_not_found", "invalid_cursor"],
  },
  startBackfill: {
    method: "post",
    path: "/v1/schedules/{name}/backfill",
    tag: "Schedules",
    summary: "Run past slots of a schedule",
    description:
      "Works off the slots of a range, some at a time, as the schedule says now. Slots that were fired " +
      "are left out unless all are asked for. With dryRun nothing is stored and the answer shows the slots.",
    role: "operator",
    params: ScheduleParams,
    query: NoQuery,
    body: {
      schema: BackfillRequest,
      example: {
        from: "2026-11-01T00:00:00Z",
        to: "2026-11-08T00:00:00Z",
        concurrency: 2,
        reason: "the source was late",
      },
    },
    answers: {
      200: { description: "What it would do, for a dry run.", schema: BackfillPlan },
      202: { description: "Durable; it runs.", schema: BackfillView },
    },
    problems: ["schedule_not_found", "limit_reached", "conflict"],
  },
  listBackfills: {
    method: "get",
    path: "/v1/schedules/{name}/backfills",
    tag: "Schedules",
    summary: "List a schedule's backfills",
    description: "Newest first.",
    role: "viewer",
    params: ScheduleParams,
    query: PageQuery,
    answers: { 200: { description: "A page of backfills.", schema: listPage(BackfillView) } },
    problems: ["schedule_not_found", "invalid_cursor"],
  },
  getBackfill: {
    method: "get",
    path: "/v1/schedules/{name}/backfills/{id}",
    tag: "Schedules",
    summary: "Show a backfill",
    role: "viewer",
    params: BackfillParams,
    query: NoQuery,
    answers: { 200: { description: "The backfill and its progress.", schema: BackfillView } },
    problems: ["backfill_not_found"],
  },
  cancelBackfill: {
    method: "post",
    path: "/v1/schedules/{name}/backfills/{id}/cancel",
    tag: "Schedules",
    summary: "Cancel a backfill",
    description:
      "It takes up no further slot; instances that were submitted go on. Cancelling one that is over " +
      "changes nothing.",
    role: "operator",
    params: BackfillParams,
    query: NoQuery,
    body: { schema: InstanceAction, example: { reason: "the wrong week" }, optional: true },
    answers: { 202: { description: "The backfill.", schema: BackfillView } },
    problems: ["backfill_not_found", "conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
