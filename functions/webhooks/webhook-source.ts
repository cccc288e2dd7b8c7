import type { Clock } from "../../shared/ports/clock.ts";
import type { Store } from "../../shared/ports/store.ts";
import { isReceiving } from "../../shared/webhook/wants-change.ts";
import type { Webhook } from "../../shared/webhook/webhook.ts";
import { ShortMemory } from "../runtime/short-memory.ts";
import { loadWebhooks } from "./load-webhooks.ts";

/** Who is to be told of a tenant's changes; what it answers may be a moment old. */
export interface WebhookSource {
  receiving(tenant: string): Promise<readonly Webhook[]>;
}

/** Reads a tenant's webhooks at most once in `limits.routingFactsMs`. */
export function openWebhookSource({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): WebhookSource {
  const known = new ShortMemory<readonly Webhook[]>(clock);
  return {
    receiving: (tenant) =>
      known.recall(tenant, async () => (await loadWebhooks(store, tenant)).filter(isReceiving)),
  };
}
