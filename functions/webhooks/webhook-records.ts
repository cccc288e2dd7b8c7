import { keys } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Expectation, NewRecord, Store } from "../../shared/ports/store.ts";
import type { Webhook, WebhookDelivery } from "../../shared/webhook/webhook.ts";

/** A record's body with the version that a change of it must expect. */
export interface Stored<Body> {
  readonly body: Body;
  readonly version: number;
}

export async function loadWebhook(
  store: Store,
  tenant: string,
  name: string,
): Promise<Stored<Webhook> | undefined> {
  const record = await store.get(keys.webhook(tenant, name));
  if (record === undefined) return undefined;
  return { body: record.body as unknown as Webhook, version: record.version };
}

/** True when it was written; false when another writer was faster. */
export async function saveWebhook(
  store: Store,
  webhook: Webhook,
  expect: Expectation,
): Promise<boolean> {
  const key = keys.webhook(webhook.tenant, webhook.name);
  const result = await store.write([
    { kind: "put", expect, record: { key, type: "webhook", body: webhook } },
  ]);
  return result.outcome === "wrote";
}

export async function loadDelivery(
  store: Store,
  tenant: string,
  webhook: string,
  id: string,
): Promise<Stored<WebhookDelivery> | undefined> {
  const record = await store.get(keys.delivery(tenant, webhook, id));
  if (record === undefined) return undefined;
  return { body: record.body as unknown as WebhookDelivery, version: record.version };
}

/** True when it was written; false when another writer was faster. */
export async function saveDelivery(
  store: Store,
  delivery: WebhookDelivery,
  expect: Expectation,
  nowMs: number,
): Promise<boolean> {
  const record = deliveryRecord(delivery, nowMs);
  const result = await store.write([{ kind: "put", expect, record }]);
  return result.outcome === "wrote";
}

/** Kept for a while after the last that happened to it. */
function deliveryRecord(delivery: WebhookDelivery, nowMs: number): NewRecord<WebhookDelivery> {
  const { tenant, webhook, id } = delivery;
  return {
    key: keys.delivery(tenant, webhook, id),
    type: "delivery",
    body: delivery,
    expiresAtMs: nowMs + limits.webhookDeliveryKeepMs,
  };
}

export function webhookNotFound(name: string): Rejection {
  return {
    code: "webhook_not_found",
    detail: `there is no webhook "${name}"`,
    pointer: "name",
    suggestion:
      "list the webhooks with GET /v1/webhooks, or define this one with PUT /v1/webhooks/{name}",
  };
}

export function webhookContended(name: string): Rejection {
  return {
    code: "conflict",
    detail: `others keep changing the webhook ${name}; nothing was changed`,
    suggestion: "try again",
  };
}
