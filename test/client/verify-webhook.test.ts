import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { InvalidWebhookError, verifyWebhook } from "../../client/sdk/verify-webhook.ts";
import { openMemorySigningKeys } from "../../functions/adapters/local/signing-keys.ts";
import { signMessage } from "../../functions/webhook/sign-message.ts";
import { secretOfWebhook } from "../../functions/webhooks/webhook-secrets.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Webhook } from "../../shared/webhook/webhook.ts";

const now = Date.parse("2026-11-20T09:00:00Z");
const nowMs = () => now;
const keys = openMemorySigningKeys();
const webhook: Webhook = {
  tenant: "acme",
  name: "alerts",
  spec: { url: "https://hooks.example.com/", active: true },
  keyNumber: 1,
  keyChangedAtMs: now,
  createdAtMs: now,
  updatedAtMs: now,
  updatedBy: "ada",
};
const body = JSON.stringify({
  type: "webhook.test",
  timestamp: "2026-11-20T09:00:00.000Z",
  data: { webhook: "alerts" },
});
const message = { id: "msg_1", body };
const secret = await secretOfWebhook(keys, webhook, 1);
const { headers } = await signMessage(keys, webhook, message, now);

describe("verifying a message", () => {
  it("takes what the control plane has signed, as text or bytes, with any kind of headers", async () => {
    const verified = { id: "msg_1", sentAt: new Date(now), message: JSON.parse(body) };
    expect(await verifyWebhook(secret, headers, body, { nowMs })).toEqual(verified);
    const bytes = new TextEncoder().encode(body);
    expect(await verifyWebhook(secret, new Headers(headers), bytes, { nowMs })).toEqual(verified);
  });

  it("agrees with the published example of Standard Webhooks", async () => {
    const published = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const check = verifyWebhook(
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      published,
      '{"test": 2432232314}',
      { nowMs: () => 1_614_265_330_000 },
    );
    // Signed rightly; it only is no message of ours.
    await expect(check).rejects.toThrow("of no kind that this version knows");
  });

  it("takes messages of both secrets for a day after a rotation, and then of the new one alone", async () => {
    const rotated: Webhook = { ...webhook, keyNumber: 2, keyChangedAtMs: now };
    const during = await signMessage(keys, rotated, message, now);
    const newSecret = await secretOfWebhook(keys, rotated, 2);
    expect(newSecret).not.toBe(secret);
    for (const each of [secret, newSecret]) {
      expect((await verifyWebhook(each, during.headers, body, { nowMs })).id).toBe("msg_1");
    }
    const laterMs = now + limits.webhookKeyOverlapMs;
    const after = await signMessage(keys, rotated, message, laterMs);
    const later = { nowMs: () => laterMs };
    expect((await verifyWebhook(newSecret, after.headers, body, later)).id).toBe("msg_1");
    await expect(verifyWebhook(secret, after.headers, body, later)).rejects.toThrow("no signature");
  });

  it.each([-301, 301, 600, -600])("refuses what was sent %i s away from now", async (seconds) => {
    const sent = await signMessage(keys, webhook, message, now + seconds * 1_000);
    await expect(verifyWebhook(secret, sent.headers, body, { nowMs })).rejects.toThrow(
      "within 300 s",
    );
  });
});

describe("a message that is not to be trusted", () => {
  const signature = headers["webhook-signature"] ?? "";
  const unpadded = signature.slice("v1,".length).replace(/=+$/, "");
  it.each<[string, Record<string, string | string[] | undefined>]>([
    ["no headers", { "webhook-id": undefined, "webhook-signature": undefined }],
    ["no signature", { "webhook-signature": undefined }],
    ["an empty signature", { "webhook-signature": "" }],
    ["another id", { "webhook-id": "msg_2" }],
    ["another time", { "webhook-timestamp": String(Math.floor(now / 1_000) + 1) }],
    ["a time that is none", { "webhook-timestamp": "now" }],
    ["a time in another notation", { "webhook-timestamp": "1e12" }],
    ["a signature twice as header", { "webhook-signature": [signature, signature] }],
    ["no version", { "webhook-signature": signature.slice("v1,".length) }],
    ["the version none", { "webhook-signature": `none,${unpadded}=` }],
    ["the asymmetric version", { "webhook-signature": signature.replace("v1,", "v1a,") }],
    ["a cut signature", { "webhook-signature": signature.slice(0, 20) }],
    ["a cut signature that is base64", { "webhook-signature": `v1,${unpadded.slice(0, 8)}` }],
    ["a signature with more behind it", { "webhook-signature": `${signature},x` }],
    ["an empty one", { "webhook-signature": "v1," }],
    [
      "eleven, the last of them right",
      { "webhook-signature": `${"v1,AAAA ".repeat(10)}${signature}` },
    ],
  ])("has %s", async (_, changed) => {
    const check = verifyWebhook(secret, { ...headers, ...changed }, body, { nowMs });
    await expect(check).rejects.toThrow(InvalidWebhookError);
  });

  it.each([
    ["another secret", `whsec_${Buffer.alloc(32, 7).toString("base64")}`, body],
    ["another body", secret, `${body} `],
    ["an empty body", secret, ""],
  ])("has %s", async (_, each, text) => {
    await expect(verifyWebhook(each, headers, text, { nowMs })).rejects.toThrow("no signature");
  });

  it("says that a secret is none", async () => {
    for (const none of ["", "whsec_", "whsec_!!!!", "whsec_AAAA"]) {
      await expect(verifyWebhook(none, headers, body, { nowMs })).rejects.toThrow(TypeError);
    }
  });

  it("refuses a signed body that is not JSON", async () => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const timestamp = String(now / 1_000);
    const made = createHmac("sha256", key).update(`msg_1.${timestamp}.nonsense`).digest("base64");
    const signed = { ...headers, "webhook-signature": `v1,${made}` };
    const check = verifyWebhook(secret, signed, "nonsense", { nowMs });
    await expect(check).rejects.toThrow("of no kind");
  });
});

describe("the keys of webhooks", () => {
  it("differ by tenant, name, number and the time at which the webhook was made", async () => {
    const secrets = await Promise.all([
      secret,
      secretOfWebhook(keys, { ...webhook, tenant: "other" }, 1),
      secretOfWebhook(keys, { ...webhook, name: "other" }, 1),
      secretOfWebhook(keys, { ...webhook, createdAtMs: now + 1 }, 1),
      secretOfWebhook(keys, webhook, 2),
      secretOfWebhook(openMemorySigningKeys(), webhook, 1),
    ]);
    expect(new Set(secrets).size).toBe(secrets.length);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await secretOfWebhook(keys, webhook, 1)).toBe(secret);
  });
});
