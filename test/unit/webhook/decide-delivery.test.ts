import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReceiverBreaker } from "../../../functions/webhook/receiver-breaker.ts";
import { retryAfterMs } from "../../../functions/webhook/retry-after.ts";
import { messageIdForm, messageIdOf } from "../../../shared/contract/webhook-message.ts";
import { limits } from "../../../shared/core/limits.ts";
import {
  beginTry,
  decideDelivery,
  isDue,
  redeliver,
  type TryOutcome,
} from "../../../shared/webhook/decide-delivery.ts";
import { wantsChange } from "../../../shared/webhook/wants-change.ts";
import type { Webhook, WebhookDelivery } from "../../../shared/webhook/webhook.ts";

const nowMs = Date.parse("2026-11-20T09:00:00Z");
const waiting: WebhookDelivery = {
  tenant: "acme",
  webhook: "alerts",
  id: "msg_01m7w2y7m0_01m7w2y7m0y1dwc0ppm7411dgb_2",
  state: "waiting",
  body: "{}",
  tries: 0,
  instanceId: "ins_01m7w2y7m0y1dwc0ppm7411dgb",
  createdAtMs: nowMs,
  wakeAtMs: nowMs,
};
const refused: TryOutcome = { status: 503, durationMs: 10 };

describe("a delivery", () => {
  it.each([200, 201, 202, 204, 299])("is delivered by the answer %i", (status) => {
    const { next, gone } = decideDelivery(
      beginTry(waiting, nowMs),
      { status, durationMs: 1 },
      nowMs,
      0,
    );
    expect(next).toMatchObject({ state: "delivered", tries: 1, lastTry: { status } });
    expect([next.wakeAtMs, gone]).toEqual([undefined, false]);
  });

  it.each([100, 199, 300, 302, 304, 400, 401, 404, 429, 500, 503])(
    "is tried again after the answer %i",
    (status) => {
      const begun = beginTry(waiting, nowMs);
      const { next, gone } = decideDelivery(begun, { status, durationMs: 1 }, nowMs, 0.5);
      expect(next).toMatchObject({ state: "waiting", tries: 1, wakeAtMs: nowMs + 5_000 });
      expect(gone).toBe(false);
    },
  );

  it("ends with the answer 410, and its webhook with it", () => {
    const outcome = { status: 410, durationMs: 1 };
    const { next, gone } = decideDelivery(beginTry(waiting, nowMs), outcome, nowMs, 0);
    expect([next.state, next.wakeAtMs, gone]).toEqual(["given_up", undefined, true]);
  });

  it("is tried no more often than is allowed, over two days, and then given up", () => {
    let delivery = waiting;
    let atMs = nowMs;
    let tries = 0;
    while (delivery.state === "waiting") {
      expect(isDue(delivery, atMs)).toBe(true);
      const { next } = decideDelivery(beginTry(delivery, atMs), refused, atMs, 0.5);
      delivery = next;
      atMs = delivery.wakeAtMs ?? atMs;
      tries += 1;
    }
    expect([delivery.state, tries]).toEqual(["given_up", limits.webhookTriesMax]);
    expect((atMs - nowMs) / 3_600_000).toBeCloseTo(48, 0);
    expect(atMs - nowMs).toBeLessThan(limits.webhookDeliveryKeepMs);
  });

  it("is nobody else's while it is tried, and somebody's again when that takes too long", () => {
    const begun = beginTry(waiting, nowMs);
    expect(isDue(begun, nowMs)).toBe(false);
    expect(isDue(begun, nowMs + limits.webhookTryLapseMs)).toBe(true);
    expect(limits.webhookTryLapseMs).toBeGreaterThan(limits.webhookTimeoutMs);
  });

  it("begins all over when it is asked for again", () => {
    const { next } = decideDelivery(
      beginTry(waiting, nowMs),
      { status: 204, durationMs: 1 },
      nowMs,
      0,
    );
    expect(redeliver(next, nowMs + 1)).toMatchObject({
      state: "waiting",
      tries: 0,
      wakeAtMs: nowMs + 1,
    });
  });

  it("waits for as long as its receiver asks, and never for longer than a day", () => {
    const tries = fc.integer({ min: 0, max: limits.webhookTriesMax - 2 });
    const asked = fc.option(fc.integer({ min: 0, max: 10 * 86_400_000 }), { nil: undefined });
    const chance = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(tries, asked, chance, (before, askedMs, each) => {
        const begun = beginTry({ ...waiting, tries: before }, nowMs);
        const outcome = { ...refused, ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }) };
        const delayMs = (decideDelivery(begun, outcome, nowMs, each).next.wakeAtMs ?? 0) - nowMs;
        expect(delayMs).toBeGreaterThanOrEqual(
          Math.min(askedMs ?? 4_000, limits.webhookRetryDelayMsMax),
        );
        expect(delayMs).toBeLessThanOrEqual(limits.webhookRetryDelayMsMax);
      }),
    );
  });
});

describe("Retry-After", () => {
  it.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["999999999", limits.webhookRetryDelayMsMax],
    ["Fri, 20 Nov 2026 09:01:00 GMT", 60_000],
    ["Fri, 20 Nov 2026 08:00:00 GMT", 0],
    ["-5", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["1e9", undefined],
    ["2026-11-20T09:01:00Z", undefined],
    [undefined, undefined],
  ])("of %j", (header, delayMs) => {
    expect(retryAfterMs(header, nowMs)).toBe(delayMs);
  });
});

describe("a receiver that fails again and again", () => {
  it("is spared for a while, then one message finds out, and a success ends it", () => {
    const breaker = new ReceiverBreaker();
    for (let failure = 0; failure < 5; failure++) {
      expect(breaker.pausedUntilMs("acme/w", nowMs)).toBeUndefined();
      breaker.note("acme/w", false, nowMs);
    }
    const untilMs = breaker.pausedUntilMs("acme/w", nowMs) ?? 0;
    expect(untilMs).toBe(nowMs + 30_000);
    expect(breaker.pausedUntilMs("acme/other", nowMs)).toBeUndefined();
    expect(breaker.pausedUntilMs("acme/w", untilMs)).toBeUndefined();
    expect(breaker.pausedUntilMs("acme/w", untilMs)).toBe(untilMs + 30_000);
    breaker.note("acme/w", true, untilMs + 1);
    expect(breaker.pausedUntilMs("acme/w", untilMs + 1)).toBeUndefined();
  });

  it("is spared for longer and longer, and never for more than ten minutes", () => {
    const breaker = new ReceiverBreaker();
    for (let failure = 0; failure < 40; failure++) breaker.note("acme/w", false, nowMs);
    expect(breaker.pausedUntilMs("acme/w", nowMs)).toBe(nowMs + 600_000);
  });
});

const change = {
  dedupKey: "ins_01m7w2y7m0y1dwc0ppm7411dgb#3",
  tenant: "acme",
  instanceId: "ins_01m7w2y7m0y1dwc0ppm7411dgb",
  task: "hello",
  taskVersion: 1,
  from: "running",
  to: "failed",
  reason: "error",
  atMs: nowMs,
  version: 3,
  group: "night",
  hops: 0,
} as const;

function webhookWith(spec: object, more: Partial<Webhook> = {}): Webhook {
  return {
    tenant: "acme",
    name: "alerts",
    spec: { url: "https://hooks.example.com/", active: true, ...spec },
    keyNumber: 1,
    keyChangedAtMs: nowMs,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    updatedBy: "ada",
    ...more,
  };
}

describe("a webhook", () => {
  it.each<[string, boolean, Webhook]>([
    ["every end by itself", true, webhookWith({})],
    ["the states it names", true, webhookWith({ states: ["failed"] })],
    ["no other states", false, webhookWith({ states: ["succeeded", "running"] })],
    ["the tasks it names", true, webhookWith({ tasks: ["other", "hello"] })],
    ["no other tasks", false, webhookWith({ tasks: ["other"] })],
    ["the groups it names", true, webhookWith({ groups: ["night"] })],
    ["no other groups", false, webhookWith({ groups: ["day"] })],
    ["nothing while it is not active", false, webhookWith({ active: false })],
    ["nothing once its receiver is gone", false, webhookWith({}, { gone: { atMs: nowMs } })],
    ["nothing of another tenant", false, webhookWith({}, { tenant: "evil" })],
  ])("is told of %s", (_, wanted, webhook) => {
    expect(wantsChange(webhook, change)).toBe(wanted);
  });

  it("is not told of the way there, unless it asks", () => {
    const onTheWay = { ...change, to: "running" } as const;
    expect(wantsChange(webhookWith({}), onTheWay)).toBe(false);
    expect(wantsChange(webhookWith({ states: ["running"] }), onTheWay)).toBe(true);
  });
});

describe("the id of a message", () => {
  it("is the same for the same change, another for any other, and sorts by time", () => {
    const id = messageIdOf(change);
    expect(id).toMatch(messageIdForm);
    expect(messageIdOf({ ...change, reason: "said otherwise" })).toBe(id);
    expect(messageIdOf({ ...change, version: 4 })).not.toBe(id);
    expect(messageIdOf({ ...change, atMs: nowMs + 1, version: 1 }) > id).toBe(true);
  });
});
