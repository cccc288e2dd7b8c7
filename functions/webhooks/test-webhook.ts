import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type { WebhookMessage } from "../../shared/contract/webhook-message.ts";
import { base32 } from "../../shared/core/ordered-key.ts";
import type { TryOutcome } from "../../shared/webhook/decide-delivery.ts";
import type { Engine } from "../runtime/engine.ts";
import { getWebhook } from "./define-webhook.ts";
import type { WebhookPorts } from "./webhook-ports.ts";

export interface TestedWebhook {
  readonly id: string;
  readonly outcome: TryOutcome;
}

/** Sends one signed message that says nothing, now and once, also to a webhook that is not active. */
export async function testWebhook(
  { store, clock, ids }: Engine,
  { ping }: WebhookPorts,
  tenant: string,
  name: string,
): Promise<TestedWebhook> {
  const webhook = await getWebhook(store, tenant, name);
  const nowMs = clock.now();
  const id = `msg_${base32(nowMs, 10)}_${ids.newToken()}_0`;
  const message: WebhookMessage = {
    type: "webhook.test",
    timestamp: isoTime(nowMs),
    data: { webhook: name },
  };
  return { id, outcome: await ping(webhook, { id, body: JSON.stringify(message) }) };
}
