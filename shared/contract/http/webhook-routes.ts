import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name } from "../../core/texts.ts";
import { WebhookSpec } from "../../webhook/webhook.ts";
import { messageIdForm } from "../webhook-message.ts";
import { DeletedAnswer } from "./pool-views.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { listPage } from "./views.ts";
import {
  WebhookDeliveryView,
  WebhookSecretView,
  WebhookTestView,
  WebhookView,
} from "./webhook-views.ts";

const WebhookParams = z.strictObject({ name: Name.meta({ description: "Name of the webhook." }) });
const DeliveryParams = WebhookParams.extend({
  id: z
    .string()
    .regex(messageIdForm, "must be the id of a message, as deliveries are listed with")
    .meta({ description: "Id of the message." }),
});

/** Who is told of state changes, by signed messages. */
export const webhookRoutes = {
  defineWebhook: {
    method: "put",
    path: "/v1/webhooks/{name}",
    tag: "Webhooks",
    summary: "Define a webhook",
    description:
      "Makes it or replaces what it says; its secret stays. From now on each matching change of state " +
      "is sent to the URL as a signed POST, at least once. The URL must lead to the public internet by https.",
    role: "admin",
    params: WebhookParams,
    query: NoQuery,
    body: {
      schema: WebhookSpec,
      example: { url: "https://hooks.example.com/switchyard", states: ["failed", "timed_out"] },
    },
    answers: {
      200: { description: "The webhook, changed or as it was.", schema: WebhookView },
      201: { description: "The webhook is new.", schema: WebhookView },
    },
    problems: ["unsafe_address", "limit_reached", "conflict"],
  },
  listWebhooks: {
    method: "get",
    path: "/v1/webhooks",
    tag: "Webhooks",
    summary: "List the webhooks",
    description: "In the order of their names.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of webhooks.", schema: listPage(WebhookView) } },
    problems: ["invalid_cursor"],
  },
  getWebhook: {
    method: "get",
    path: "/v1/webhooks/{name}",
    tag: "Webhooks",
    summary: "Show a webhook",
    role: "viewer",
    params: WebhookParams,
    query: NoQuery,
    answers: { 200: { description: "The webhook.", schema: WebhookView } },
    problems: ["webhook_not_found"],
  },
  deleteWebhook: {
    method: "delete",
    path: "/v1/webhooks/{name}",
    tag: "Webhooks",
    summary: "Delete a webhook",
    description:
      "What was not delivered yet is given up. One made later under its name has another secret.",
    role: "admin",
    params: WebhookParams,
    query: NoQuery,
    answers: { 200: { description: "It is gone.", schema: DeletedAnswer } },
    problems: ["webhook_not_found", "conflict"],
  },
  testWebhook: {
    method: "post",
    path: "/v1/webhooks/{name}/test",
    tag: "Webhooks",
    summary: "Try a webhook out",
    description:
      "Sends a signed message of the type webhook.test, now and once, and answers what came back.",
    role: "operator",
    params: WebhookParams,
    query: NoQuery,
    answers: { 200: { description: "What the receiver answered.", schema: WebhookTestView } },
    problems: ["webhook_not_found"],
  },
  rotateWebhookKey: {
    method: "post",
    path: "/v1/webhooks/{name}/rotate",
    tag: "Webhooks",
    summary: "Give a webhook a new secret",
    description: `For ${limits.webhookKeyOverlapMs / 3_600_000} hours messages are signed with both, so that receivers can follow.`,
    role: "admin",
    params: WebhookParams,
    query: NoQuery,
    answers: { 200: { description: "The webhook, with its next key.", schema: WebhookView } },
    problems: ["webhook_not_found", "conflict"],
  },
  getWebhookSecret: {
    method: "get",
    path: "/v1/webhooks/{name}/secret",
    tag: "Webhooks",
    summary: "Show a webhook's secret",
    description: "For its receiver, which verifies messages with it.",
    role: "admin",
    params: WebhookParams,
    query: NoQuery,
    answers: { 200: { description: "The secret.", schema: WebhookSecretView } },
    problems: ["webhook_not_found"],
  },
  listWebhookDeliveries: {
    method: "get",
    path: "/v1/webhooks/{name}/deliveries",
    tag: "Webhooks",
    summary: "List a webhook's deliveries",
    description: `Newest first. They are kept for ${limits.webhookDeliveryKeepMs / 86_400_000} days after the last try.`,
    role: "viewer",
    params: WebhookParams,
    query: PageQuery,
    answers: {
      200: { description: "A page of deliveries.", schema: listPage(WebhookDeliveryView) },
    },
    problems: ["webhook_not_found", "invalid_cursor"],
  },
  redeliverMessage: {
    method: "post",
    path: "/v1/webhooks/{name}/deliveries/{id}/redeliver",
    tag: "Webhooks",
    summary: "Deliver a message again",
    description:
      "At once and with all its tries, whether it was taken before or not; its id stays.",
    role: "operator",
    params: DeliveryParams,
    query: NoQuery,
    answers: { 200: { description: "The delivery, waiting.", schema: WebhookDeliveryView } },
    problems: ["webhook_not_found", "delivery_not_found", "conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
