import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { isDue, redeliver } from "../../shared/webhook/decide-delivery.ts";
import { isReceiving } from "../../shared/webhook/wants-change.ts";
import type { WebhookDelivery } from "../../shared/webhook/webhook.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { getWebhook } from "./define-webhook.ts";
import { loadDelivery, saveDelivery, webhookContended } from "./webhook-records.ts";

/** A webhook's deliveries, newest first. */
export async function listDeliveries(
  engine: Engine,
  tenant: string,
  webhook: string,
  query: PageQuery,
): Promise<{
  readonly deliveries: readonly WebhookDelivery[];
  readonly next: { readonly nextCursor?: string };
}> {
  await getWebhook(engine.store, tenant, webhook);
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.delivery(tenant, webhook, "").pk,
      order: "descending",
      binding: { tenant, operation: "listWebhookDeliveries", filters: { webhook } },
    },
    query,
  );
  return { deliveries: records.map(({ body }) => body as unknown as WebhookDelivery), next };
}

/** Sends a message again, with all its tries, whether it was taken or not; its id stays the same. */
export async function redeliverMessage(
  engine: Engine,
  tenant: string,
  webhookName: string,
  id: string,
): Promise<WebhookDelivery> {
  const { store, clock, log, recordHints } = engine;
  const webhook = await getWebhook(store, tenant, webhookName);
  if (!isReceiving(webhook)) {
    throw new RejectionError({
      code: "conflict",
      detail: `the webhook ${webhookName} receives nothing at the moment`,
      suggestion: "define it again with active: true",
    });
  }
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadDelivery(store, tenant, webhookName, id);
    if (loaded === undefined || loaded.body.createdAtMs < webhook.createdAtMs) {
      throw new RejectionError(deliveryNotFound(webhookName, id));
    }
    const nowMs = clock.now();
    const isWaitingAlready = isDue(loaded.body, nowMs) && loaded.body.tries === 0;
    const next = isWaitingAlready ? loaded.body : redeliver(loaded.body, nowMs);
    if (isWaitingAlready || (await saveDelivery(store, next, loaded.version, nowMs))) {
      log.info("webhook message is delivered again", { webhook: webhookName, deliveryId: id });
      await recordHints?.send([{ kind: "delivery", tenant, name: webhookName, id }]);
      return next;
    }
  }
  throw new RejectionError(webhookContended(webhookName));
}

function deliveryNotFound(webhook: string, id: string) {
  return {
    code: "delivery_not_found",
    detail: `the webhook "${webhook}" has no delivery "${id}"`,
    pointer: "id",
    suggestion: `list them with GET /v1/webhooks/${webhook}/deliveries; old ones are deleted`,
  } as const;
}
