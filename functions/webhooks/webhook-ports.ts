import type { SigningKeys } from "../../shared/ports/signing-keys.ts";
import type { TryOutcome } from "../../shared/webhook/decide-delivery.ts";
import type { Webhook } from "../../shared/webhook/webhook.ts";
import type { WebhookReach } from "../../shared/webhook/webhook-url.ts";

/** What the API needs for webhooks beside the engine. */
export interface WebhookPorts {
  /** Where receivers may be. */
  readonly reach: WebhookReach;
  readonly keys: SigningKeys;
  /** Signs a message and sends it now, once; whoever may speak to the outside does it. */
  ping(
    webhook: Webhook,
    message: { readonly id: string; readonly body: string },
  ): Promise<TryOutcome>;
}
