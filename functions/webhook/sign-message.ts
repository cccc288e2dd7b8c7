import { createHmac } from "node:crypto";
import { switchyardVersion } from "../../shared/contract/http/version.ts";
import type { SigningKeys } from "../../shared/ports/signing-keys.ts";
import type { Webhook } from "../../shared/webhook/webhook.ts";
import { keyOfWebhook, signingKeyNumbers } from "../webhooks/webhook-secrets.ts";
import type { SignedMessage } from "./webhook-sender.ts";

/** A message as it goes over the wire, by the rules of https://www.standardwebhooks.com. */
export async function signMessage(
  keys: SigningKeys,
  webhook: Webhook,
  { id, body }: { readonly id: string; readonly body: string },
  nowMs: number,
): Promise<SignedMessage> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signatures = await Promise.all(
    signingKeyNumbers(webhook, nowMs).map(async (keyNumber) => {
      const key = await keyOfWebhook(keys, webhook, keyNumber);
      const signed = `${id}.${timestamp}.${body}`;
      return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
    }),
  );
  return {
    url: webhook.spec.url,
    headers: {
      "content-type": "application/json",
      "user-agent": `switchyard/${switchyardVersion}`,
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": signatures.join(" "),
    },
    body,
  };
}
