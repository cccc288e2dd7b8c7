import { WebhookMessage } from "../../shared/contract/webhook-message.ts";

/** What makes a message one that must not be trusted; its sentence says which part. */
export class InvalidWebhookError extends Error {
  override readonly name = "InvalidWebhookError";
}

export interface VerifyOptions {
  /** How old, or how far ahead, a message's time may be. Default: 5 minutes. */
  readonly toleranceSeconds?: number | undefined;
  /** For tests. */
  readonly nowMs?: () => number;
}

/** A message that is known to come from whoever has the secret, and when it was sent. */
export interface VerifiedWebhook {
  /** The same in every try: keep it for a while, and take a message with a known one as done. */
  readonly id: string;
  readonly sentAt: Date;
  readonly message: WebhookMessage;
}

/** Headers as fetch has them, or as Node's HTTP server has them. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

const encoder = new TextEncoder();

/**
 * Verifies a message and reads it. `body` must be the bytes that came, before any parsing. Throws an
 * InvalidWebhookError for whatever is not signed with the secret, or was not sent just now.
 */
export async function verifyWebhook(
  secret: string,
  headers: WebhookHeaders,
  body: string | Uint8Array,
  { toleranceSeconds = 300, nowMs = Date.now }: VerifyOptions = {},
): Promise<VerifiedWebhook> {
  const id = headerOf(headers, "webhook-id");
  const timestamp = headerOf(headers, "webhook-timestamp");
  const signatures = headerOf(headers, "webhook-signature");
  if (!/^\d{1,12}$/.test(timestamp)) throw new InvalidWebhookError("webhook-timestamp is no time");
  const sentAtMs = Number(timestamp) * 1_000;
  // No comparison holds for NaN: it must be refused by being not within.
  if (!(Math.abs(nowMs() - sentAtMs) <= toleranceSeconds * 1_000)) {
    throw new InvalidWebhookError(`the message was not sent within ${toleranceSeconds} s of now`);
  }
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const signed = joined(encoder.encode(`${id}.${timestamp}.`), bytes);
  if (!(await isSigned(secret, signed, signatures))) {
    throw new InvalidWebhookError("no signature of the message was made with this secret");
  }
  return { id, sentAt: new Date(sentAtMs), message: messageOf(bytes) };
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = isLookup(headers) ? headers.get(name) : headers[name];
  if (typeof value === "string" && value !== "") return value;
  throw new InvalidWebhookError(`the message has no header ${name}, or several of them`);
}

function isLookup(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === "function";
}

/** The platform's own comparison takes the same time wherever the difference is. */
async function isSigned(
  secret: string,
  signed: Uint8Array<ArrayBuffer>,
  signatures: string,
): Promise<boolean> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", keyOf(secret), algorithm, false, ["verify"]);
  for (const each of signatures.split(" ").slice(0, signaturesMax)) {
    const [version, text, ...more] = each.split(",");
    if (version !== "v1" || text === undefined || more.length > 0) continue;
    const signature = bytesOfBase64(text);
    if (signature === undefined) continue;
    if (await crypto.subtle.verify("HMAC", key, signature, signed)) return true;
  }
  return false;
}

/** More than a sender ever has keys in use. */
const signaturesMax = 10;

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const key = bytesOfBase64(secret.replace(/^whsec_/, ""));
  if (key !== undefined && key.length >= 16) return key;
  throw new TypeError('the secret must be "whsec_" and base64, as the webhook shows it');
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function joined(start: Uint8Array, end: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(start.length + end.length);
  whole.set(start);
  whole.set(end, start.length);
  return whole;
}

/** Signed, so it is ours; of a newer version perhaps, with what this one does not know. */
function messageOf(bytes: Uint8Array): WebhookMessage {
  try {
    return WebhookMessage.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new InvalidWebhookError("the message is signed, but of no kind that this version knows", {
      cause: error,
    });
  }
}
