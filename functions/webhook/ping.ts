import type { Clock } from "../../shared/ports/clock.ts";
import type { SigningKeys } from "../../shared/ports/signing-keys.ts";
import type { WebhookPorts } from "../webhooks/webhook-ports.ts";
import { signMessage } from "./sign-message.ts";
import type { WebhookSender } from "./webhook-sender.ts";

/** Signs and sends a single message, from where one may speak to the outside. */
export function pingWith(deps: {
  readonly keys: SigningKeys;
  readonly sender: WebhookSender;
  readonly clock: Clock;
}): WebhookPorts["ping"] {
  return async (webhook, message) =>
    deps.sender.send(await signMessage(deps.keys, webhook, message, deps.clock.now()));
}
