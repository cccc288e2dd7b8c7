import { limits } from "../../shared/core/limits.ts";
import type { SigningKeys } from "../../shared/ports/signing-keys.ts";
import type { Webhook } from "../../shared/webhook/webhook.ts";

/** The numbers of the keys that sign at an instant, the newest first. */
export function signingKeyNumbers(webhook: Webhook, nowMs: number): readonly number[] {
  const { keyNumber } = webhook;
  return nowMs < previousKeyUntilMs(webhook) ? [keyNumber, keyNumber - 1] : [keyNumber];
}

/** Until when the key before the newest one signs, too. */
export function previousKeyUntilMs({ keyNumber, keyChangedAtMs }: Webhook): number {
  return keyNumber > 1 ? keyChangedAtMs + limits.webhookKeyOverlapMs : 0;
}

/** One key of a webhook, as bytes. */
export function keyOfWebhook(
  keys: SigningKeys,
  { tenant, name, createdAtMs }: Webhook,
  keyNumber: number,
): Promise<Uint8Array> {
  return keys.keyOf({ tenant, webhook: name, webhookCreatedAtMs: createdAtMs, keyNumber });
}

/** A key in the form in which receivers are given it. */
export async function secretOfWebhook(
  keys: SigningKeys,
  webhook: Webhook,
  keyNumber: number,
): Promise<string> {
  const key = await keyOfWebhook(keys, webhook, keyNumber);
  return `whsec_${Buffer.from(key).toString("base64")}`;
}
