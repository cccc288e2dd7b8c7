import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name } from "../../core/texts.ts";
import { TriggerSpec } from "../../event/trigger.ts";
import { InstanceAction } from "../../instance/submission.ts";
import { EventsAnswer, EventsBody } from "./event-views.ts";
import { DeletedAnswer } from "./pool-views.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { PatternTest, PatternVerdict, TriggerView } from "./trigger-views.ts";
import { listPage } from "./views.ts";

const TriggerParams = z.strictObject({
  name: Name.meta({ description: "Name of the trigger." }),
});

const orderPlaced = {
  source: "shop.orders",
  "detail-type": "Order Placed",
  detail: { order: "o-17", total: 120.5 },
};

/** Triggers, and the events that they wait for. */
export const triggerRoutes = {
  defineTrigger: {
    method: "put",
    path: "/v1/triggers/{name}",
    tag: "Triggers",
    summary: "Define a trigger",
    description:
      "Makes it or replaces what it says; a paused one stays paused. A pattern that matches events of " +
      "the very instances that the trigger makes is refused.",
    role: "admin",
    params: TriggerParams,
    query: NoQuery,
    body: {
      schema: TriggerSpec,
      example: {
        description: "Large orders are checked.",
        pattern: {
          source: ["shop.orders"],
          "detail-type": ["Order Placed"],
          detail: { total: [{ numeric: [">=", 100] }] },
        },
        task: "check-order",
        input: { order: "{{event.detail.order}}", at: "{{event.time}}" },
      },
    },
    answers: {
      200: { description: "The trigger, changed or as it was.", schema: TriggerView },
      201: { description: "The trigger is new.", schema: TriggerView },
    },
    problems: [
      "invalid_pattern",
      "invalid_template",
      "task_not_found",
      "task_version_not_found",
      "trigger_would_loop",
      "limit_reached",
      "conflict",
    ],
  },
  listTriggers: {
    method: "get",
    path: "/v1/triggers",
    tag: "Triggers",
    summary: "List the triggers",
    description: "In the order of their names.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of triggers.", schema: listPage(TriggerView) } },
    problems: ["invalid_cursor"],
  },
  getTrigger: {
    method: "get",
    path: "/v1/triggers/{name}",
    tag: "Triggers",
    summary: "Show a trigger",
    role: "viewer",
    params: TriggerParams,
    query: NoQuery,
    answers: { 200: { description: "The trigger.", schema: TriggerView } },
    problems: ["trigger_not_found"],
  },
  deleteTrigger: {
    method: "delete",
    path: "/v1/triggers/{name}",
    tag: "Triggers",
    summary: "Delete a trigger",
    description: "The instances that it made go on.",
    role: "admin",
    params: TriggerParams,
    query: NoQuery,
    answers: { 200: { description: "It is gone.", schema: DeletedAnswer } },
    problems: ["trigger_not_found", "conflict"],
  },
  pauseTrigger: {
    method: "post",
    path: "/v1/triggers/{name}/pause",
    tag: "Triggers",
    summary: "Pause a trigger",
    description: "Events pass it by until it is resumed. Pausing a paused trigger changes nothing.",
    role: "operator",
    params: TriggerParams,
    query: NoQuery,
    body: { schema: InstanceAction, example: { reason: "the shop moves" }, optional: true },
    answers: { 200: { description: "The trigger, paused.", schema: TriggerView } },
    problems: ["trigger_not_found", "conflict"],
  },
  resumeTrigger: {
    method: "post",
    path: "/v1/triggers/{name}/resume",
    tag: "Triggers",
    summary: "Resume a trigger",
    description: "Takes events from now on; those that came meanwhile have passed by.",
    role: "operator",
    params: TriggerParams,
    query: NoQuery,
    body: { schema: InstanceAction, example: {}, optional: true },
    answers: { 200: { description: "The trigger, no longer paused.", schema: TriggerView } },
    problems: ["trigger_not_found", "conflict"],
  },
  testPattern: {
    method: "post",
    path: "/v1/triggers/test",
    tag: "Triggers",
    summary: "Test a pattern against an event",
    description: "Says which field stands against a match, and why. Stores and submits nothing.",
    role: "viewer",
    query: NoQuery,
    body: {
      schema: PatternTest,
      example: { pattern: { detail: { total: [{ numeric: [">=", 100] }] } }, event: orderPlaced },
    },
    answers: { 200: { description: "Whether it matches.", schema: PatternVerdict } },
    problems: ["invalid_pattern"],
  },
  putEvents: {
    method: "post",
    path: "/v1/events",
    tag: "Triggers",
    summary: "Put events",
    description:
      `Takes up to ${limits.eventsPerRequestMax} events: as \`entries\` of PutEvents, as one whole event of EventBridge, or as ` +
      "CloudEvents 1.0 (structured, batched, or with ce- headers). Each has its own answer, and the same " +
      "event makes the same instances however often it comes. Sources that begin with aws. are AWS's.",
    role: "operator",
    query: NoQuery,
    body: {
      schema: EventsBody,
      mediaTypes: ["application/cloudevents+json", "application/cloudevents-batch+json"],
      example: {
        entries: [
          {
            id: "order-17",
            source: "shop.orders",
            detailType: "Order Placed",
            detail: orderPlaced.detail,
          },
        ],
      },
      size: "batch",
    },
    answers: {
      200: { description: "One answer per event, in order.", schema: EventsAnswer },
    },
    problems: [],
  },
} as const satisfies Record<string, RouteSpec>;
