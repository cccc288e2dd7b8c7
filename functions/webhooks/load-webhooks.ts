import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Webhook } from "../../shared/webhook/webhook.ts";

/** All webhooks of a tenant, in the order of their names. */
export async function loadWebhooks(store: Store, tenant: string): Promise<readonly Webhook[]> {
  const found = await store.query({
    index: "primary",
    partition: keys.webhook(tenant, "").pk,
    order: "ascending",
    limit: limits.webhooksMax,
  });
  if (found.length === 0) return [];
  const records = await store.getMany(found.map(({ key }) => key));
  return records.flatMap((record) =>
    record === undefined ? [] : [record.body as unknown as Webhook],
  );
}
