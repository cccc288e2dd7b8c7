import * as z from "zod";
import { type Webhook, type WebhookDelivery, WebhookSpec } from "../../webhook/webhook.ts";
import { WebhookMessage } from "../webhook-message.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();

/** A webhook, without its secret. */
export const WebhookView = z.object({
  name: z.string(),
  spec: WebhookSpec,
  state: z.enum(["active", "inactive", "gone"]).meta({
    description:
      "gone: its receiver answered 410, so nothing more is sent until it is defined anew.",
  }),
  keyNumber: z.int().min(1).meta({ description: "Grows with each rotation." }),
  keyChangedAt: At,
  createdAt: At,
  updatedAt: At,
  updatedBy: z.string(),
  links: z.object({ self: z.string(), deliveries: z.string() }),
});
export type WebhookView = z.infer<typeof WebhookView>;

/** What a receiver verifies messages with. */
export const WebhookSecretView = z.object({
  secret: z.string().meta({ description: '"whsec_" and the key in base64.' }),
  keyNumber: z.int().min(1),
  previous: z
    .object({ secret: z.string(), signsUntil: At })
    .optional()
    .meta({ description: "For some time after a rotation, the key before it signs, too." }),
});
export type WebhookSecretView = z.infer<typeof WebhookSecretView>;

const Try = {
  status: z
    .int()
    .optional()
    .meta({ description: "The receiver's answer; absent: there was none." }),
  error: z.string().optional(),
  durationMs: z.number().min(0),
};

export const WebhookTestView = z.object({
  id: z.string().meta({ description: "The message's id, as its headers had it." }),
  delivered: z.boolean(),
  ...Try,
});
export type WebhookTestView = z.infer<typeof WebhookTestView>;

/** One message to one receiver. */
export const WebhookDeliveryView = z.object({
  id: z.string().meta({ description: "The same in every try; by it a receiver notices doubles." }),
  webhook: z.string(),
  state: z.enum(["waiting", "delivered", "given_up"]),
  tries: z.int().min(0),
  instanceId: z.string(),
  message: WebhookMessage,
  lastTry: z.object({ at: At, ...Try }).optional(),
  nextTryAt: At.optional(),
  createdAt: At,
});
export type WebhookDeliveryView = z.infer<typeof WebhookDeliveryView>;

export function webhookToView(webhook: Webhook): WebhookView {
  const { name, spec, gone, keyNumber } = webhook;
  const self = `/v1/webhooks/${name}`;
  return {
    name,
    spec,
    state: gone !== undefined ? "gone" : spec.active ? "active" : "inactive",
    keyNumber,
    keyChangedAt: isoTime(webhook.keyChangedAtMs),
    createdAt: isoTime(webhook.createdAtMs),
    updatedAt: isoTime(webhook.updatedAtMs),
    updatedBy: webhook.updatedBy,
    links: { self, deliveries: `${self}/deliveries` },
  };
}

export function deliveryToView(delivery: WebhookDelivery): WebhookDeliveryView {
  const { id, webhook, state, tries, instanceId, lastTry, wakeAtMs } = delivery;
  return {
    id,
    webhook,
    state,
    tries,
    instanceId,
    // The control plane wrote it itself.
    message: JSON.parse(delivery.body) as WebhookMessage,
    ...(lastTry === undefined ? {} : { lastTry: tryToView(lastTry) }),
    ...(wakeAtMs === undefined ? {} : { nextTryAt: isoTime(wakeAtMs) }),
    createdAt: isoTime(delivery.createdAtMs),
  };
}

function tryToView({ atMs, ...rest }: NonNullable<WebhookDelivery["lastTry"]>) {
  return { at: isoTime(atMs), ...rest };
}
