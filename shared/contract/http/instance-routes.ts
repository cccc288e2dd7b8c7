import { limits } from "../../core/limits.ts";
import { BatchSubmission, InstanceAction, Submission } from "../../instance/submission.ts";
import { RoutingView } from "./receipt-views.ts";
import {
  InstanceListQuery,
  InstanceParams,
  InstanceQuery,
  Lookup,
  NoQuery,
  Purge,
} from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import {
  BatchAnswer,
  DryRunAnswer,
  HistoryView,
  InstanceView,
  LogsView,
  LookupAnswer,
  listPage,
  PurgeAnswer,
} from "./views.ts";
import { WhyView } from "./why-views.ts";

const idempotencyHeader = {
  "Idempotency-Key": {
    description: "The same as idempotencyKey in the body; when both are given they must agree.",
  },
} as const;

const traceHeaders = {
  traceparent: {
    description:
      "W3C trace context, with tracestate and baggage beside it: what the instance's attempts hand on. Ignored when malformed.",
  },
} as const;

const submission = {
  task: "thumbnail",
  input: { bucket: "pictures", key: "cat.jpg", width: 240 },
  idempotencyKey: "cat.jpg-240",
} as const;

/** Submitting instances, following them and ending them. */
export const instanceRoutes = {
  submitInstance: {
    method: "post",
    path: "/v1/instances",
    tag: "Instances",
    summary: "Submit an instance",
    description:
      "Acknowledged only once it is durable. With an idempotency key a repeat answers 200 with the " +
      "instance of the first time; the same key with other content is refused. With dryRun nothing " +
      "is stored and the answer shows where it would have gone.",
    role: "operator",
    query: NoQuery,
    headers: { ...idempotencyHeader, ...traceHeaders },
    body: { schema: Submission, example: submission },
    answers: {
      200: {
        description: "The instance that this key made before, or the plan of a dry run.",
        schema: InstanceView.or(DryRunAnswer),
      },
      202: { description: "Durable; it will run.", schema: InstanceView },
    },
    problems: [
      "task_not_found",
      "task_version_not_found",
      "idempotency_conflict",
      "no_feasible_backend",
      "payload_not_found",
    ],
  },
  submitInstances: {
    method: "post",
    path: "/v1/instances/batch",
    tag: "Instances",
    summary: "Submit many instances",
    description:
      "Each item is a submission of its own, with its own answer: one that is refused does not hold " +
      "up the rest. Payloads are not repeated in the answer.",
    role: "operator",
    query: NoQuery,
    headers: traceHeaders,
    body: { schema: BatchSubmission, example: { items: [submission] }, size: "batch" },
    answers: {
      200: { description: "One answer per item, in order.", schema: BatchAnswer },
    },
    problems: [],
  },
  lookupInstances: {
    method: "post",
    path: "/v1/instances/lookup",
    tag: "Instances",
    summary: "Show many instances at once",
    description:
      `With waitSeconds the answer comes when all are finished, or after that time. Payloads beyond ${limits.answerPayloadBytesMax / 1_048_576} MiB ` +
      "together are left out of the answer and named in omitted. Only the newest attempt of each is shown.",
    role: "viewer",
    query: NoQuery,
    body: {
      schema: Lookup,
      example: { ids: ["ins_01kaq3v5cs7h2m4d9x8w6t0r1b"], waitSeconds: 10, until: "terminal" },
    },
    answers: {
      200: { description: "The instances, in the order asked for.", schema: LookupAnswer },
    },
    problems: [],
  },
  listInstances: {
    method: "get",
    path: "/v1/instances",
    tag: "Instances",
    summary: "List instances",
    description:
      "Newest first, without payloads and with the newest attempt only. A page may hold fewer items than asked for, even none, " +
      "while nextCursor says that there may be more: a request reads only so many records.",
    role: "viewer",
    query: InstanceListQuery,
    answers: { 200: { description: "A page of instances.", schema: listPage(InstanceView) } },
    problems: ["invalid_cursor"],
  },
  getInstance: {
    method: "get",
    path: "/v1/instances/{id}",
    tag: "Instances",
    summary: "Show an instance",
    description: "Strongly consistent: what was acknowledged before is in the answer.",
    role: "viewer",
    params: InstanceParams,
    query: InstanceQuery,
    answers: { 200: { description: "The instance.", schema: InstanceView } },
    problems: ["instance_not_found"],
  },
  getInstanceHistory: {
    method: "get",
    path: "/v1/instances/{id}/history",
    tag: "Instances",
    summary: "Show every change of an instance",
    role: "viewer",
    params: InstanceParams,
    query: NoQuery,
    answers: { 200: { description: "Its changes, oldest first.", schema: HistoryView } },
    problems: ["instance_not_found"],
  },
  getInstanceRouting: {
    method: "get",
    path: "/v1/instances/{id}/routing",
    tag: "Instances",
    summary: "Show why its attempts went where they went",
    role: "viewer",
    params: InstanceParams,
    query: NoQuery,
    answers: { 200: { description: "The receipt of each attempt.", schema: RoutingView } },
    problems: ["instance_not_found"],
  },
  explainInstance: {
    method: "get",
    path: "/v1/instances/{id}/why",
    tag: "Instances",
    summary: "Say what an instance is waiting for",
    role: "viewer",
    params: InstanceParams,
    query: NoQuery,
    answers: { 200: { description: "In sentences, with the facts behind.", schema: WhyView } },
    problems: ["instance_not_found"],
  },
  getInstanceLogs: {
    method: "get",
    path: "/v1/instances/{id}/logs",
    tag: "Instances",
    summary: "Show what its attempts printed",
    role: "viewer",
    params: InstanceParams,
    query: NoQuery,
    answers: { 200: { description: "The end of each attempt's log.", schema: LogsView } },
    problems: ["instance_not_found"],
  },
  cancelInstance: {
    method: "post",
    path: "/v1/instances/{id}/cancel",
    tag: "Instances",
    summary: "Cancel an instance",
    description:
      "At once and for good: whatever its attempt still reports changes nothing. The attempt itself " +
      "is asked to stop as soon as possible. Cancelling it again answers the same.",
    role: "operator",
    params: InstanceParams,
    query: NoQuery,
    body: { schema: InstanceAction, example: { reason: "wrong input" }, optional: true },
    answers: { 202: { description: "The instance, cancelled.", schema: InstanceView } },
    problems: ["instance_not_found", "illegal_transition", "conflict"],
  },
  retryInstance: {
    method: "post",
    path: "/v1/instances/{id}/retry",
    tag: "Instances",
    summary: "Retry a finished instance",
    description: "Starts a new round with full budgets, for every end but success.",
    role: "operator",
    params: InstanceParams,
    query: NoQuery,
    body: { schema: InstanceAction, example: { reason: "the bug is fixed" }, optional: true },
    answers: { 202: { description: "The instance, pending again.", schema: InstanceView } },
    problems: ["instance_not_found", "illegal_transition", "conflict"],
  },
  purgeInstances: {
    method: "post",
    path: "/v1/instances/purge",
    tag: "Instances",
    summary: "Delete finished instances",
    description:
      "With their logs, oldest first. Ask again with nextCursor until it is absent. Open instances " +
      "are never deleted.",
    role: "admin",
    query: NoQuery,
    body: {
      schema: Purge,
      example: { before: "2026-01-01T00:00:00Z", states: ["succeeded"], task: "thumbnail" },
    },
    answers: { 200: { description: "What was deleted.", schema: PurgeAnswer } },
    problems: ["invalid_cursor"],
  },
} as const satisfies Record<string, RouteSpec>;
