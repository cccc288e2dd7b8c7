import { createHmac } from "node:crypto";
import { switchyardVersion } from "../../shared/contract/http/version.ts";
import { limits } from "../../shared/core/limits.ts";
import type { SigningKeys } from "../../shared/ports/signing-keys.ts";
import type { Webhook } from "../../shared/webhook/webhook.ts";
import type { SignedMessage } from "./webhook-sender.ts";

/** The numbers of the keys that sign at an instant, the newest first. */
export function signingKeyNumbers(webhook: Webhook, nowMs: number): readonly number[] {
  const { keyNumber, keyChangedAtMs } = webhook;
  const overlaps = keyNumber > 1 && nowMs < keyChangedAtMs + limits.webhookKeyOverlapMs;
  return overlaps ? [keyNumber, keyNumber - 1] : [keyNumber];
}

/** One key of a webhook, as bytes. */
export function keyOfWebhook(
  keys: SigningKeys,
  { tenant, name, createdAtMs }: Webhook,
  keyNumber: number,
): Promise<Uint8Array> {
  return keys.keyOf({ tenant, webhook: name, webhookCreatedAtMs: createdAtMs, keyNumber });
}

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
