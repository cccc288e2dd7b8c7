import type { TryOutcome } from "../../shared/webhook/decide-delivery.ts";
import { loadWebhook } from "../webhooks/webhook-records.ts";
import type { DeliveryDeps } from "./look-at-delivery.ts";
import { signMessage } from "./sign-message.ts";

/** Signs a message and sends it now, once; nothing is written down. */
export async function pingWebhook(
  { store, clock, keys, sender }: Pick<DeliveryDeps, "store" | "clock" | "keys" | "sender">,
  tenant: string,
  name: string,
  message: { readonly id: string; readonly body: string },
): Promise<TryOutcome> {
  const loaded = await loadWebhook(store, tenant, name);
  if (loaded === undefined) return { error: "the webhook was deleted", durationMs: 0 };
  return sender.send(await signMessage(keys, loaded.body, message, clock.now()));
}
