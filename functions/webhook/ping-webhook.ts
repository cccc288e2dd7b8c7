import type { TryOutcome } from "../../shared/webhook/decide-delivery.ts";
import { loadWebhook } from "../webhooks/webhook-records.ts";
import type { DeliveryDeps } from "./look-at-delivery.ts";
import { pingWith } from "./ping.ts";

/** Signs a message for a webhook that is known by its name, and sends it now, once. */
export async function pingWebhook(
  deps: Pick<DeliveryDeps, "store" | "clock" | "keys" | "sender">,
  tenant: string,
  name: string,
  message: { readonly id: string; readonly body: string },
): Promise<TryOutcome> {
  const loaded = await loadWebhook(deps.store, tenant, name);
  if (loaded === undefined) return { error: "the webhook was deleted", durationMs: 0 };
  return pingWith(deps)(loaded.body, message);
}
