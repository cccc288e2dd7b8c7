import { describe, expect, it } from "vitest";
import { openMemorySigningKeys } from "../../functions/adapters/local/signing-keys.ts";
import { type DeliveryDeps, lookAtDelivery } from "../../functions/webhook/look-at-delivery.ts";
import type { SignedMessage } from "../../functions/webhook/webhook-sender.ts";
import { planDeliveries } from "../../functions/webhooks/plan-deliveries.ts";
import { openWebhookSource } from "../../functions/webhooks/webhook-source.ts";
import { limits } from "../../shared/core/limits.ts";
import { stateChangesOf } from "../../shared/instance/state-changes.ts";
import type { TryOutcome } from "../../shared/webhook/decide-delivery.ts";
import { define, expectProblem, openYard, stranger, submit, type Yard } from "./yard.ts";

const url = "https://hooks.example.com/in";
const keys = openMemorySigningKeys();

function yardWith(more: object = {}): Yard {
  const ping = async () => ({ status: 204, durationMs: 3 });
  return openYard({ webhooks: { reach: { loopback: false }, keys, ping, ...more } });
}

async function defined(yard: Yard, name = "alerts", more: object = {}) {
  const body = { url, states: ["dispatched"], ...more };
  const reply = await yard.call("PUT", `/v1/webhooks/${name}`, { body });
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply;
}

/** Submits an instance and has its change told; answers the deliveries. */
async function told(yard: Yard, name = "alerts") {
  await define(yard, "hello");
  const instance = await yard.instance(await submit(yard, { task: "hello" }));
  const deps = { ...yard.engine, webhooks: openWebhookSource(yard.engine) };
  await planDeliveries(deps, stateChangesOf(instance));
  return deliveriesOf(yard, name);
}

async function deliveriesOf(yard: Yard, name = "alerts") {
  const { body } = await yard.call("GET", `/v1/webhooks/${name}/deliveries`);
  return body.items;
}

/** Looks at a delivery with a receiver that answers as told, one after the other. */
function lookerOf(yard: Yard, outcomes: readonly Partial<TryOutcome>[]) {
  const sent: SignedMessage[] = [];
  const sender: DeliveryDeps["sender"] = {
    async send(message) {
      sent.push(message);
      return { durationMs: 1, ...outcomes[sent.length - 1] };
    },
  };
  const look = (id: string, name = "alerts") =>
    lookAtDelivery({ ...yard.engine, keys, sender }, "acme", name, id);
  return { sent, look };
}

describe("a webhook", () => {
  it("is made by its first definition and changed by the next, and keeps its secret", async () => {
    const yard = yardWith();
    const made = await defined(yard);
    expect([made.status, made.headers.get("location")]).toEqual([201, "/v1/webhooks/alerts"]);
    const before = await yard.call("GET", "/v1/webhooks/alerts/secret");
    yard.now += 1_000;
    const changed = await defined(yard, "alerts", { active: false });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      state: "inactive",
      keyNumber: 1,
      createdAt: made.body.createdAt,
      updatedBy: "ada",
    });
    expect((await yard.call("GET", "/v1/webhooks/alerts")).body).toEqual(changed.body);
    expect((await yard.call("GET", "/v1/webhooks/alerts/secret")).body).toEqual(before.body);
  });

  it("never shows its secret where it is not asked for", async () => {
    const yard = yardWith();
    await defined(yard);
    const { body } = await yard.call("GET", "/v1/webhooks/alerts/secret");
    const [delivery] = await told(yard);
    const shown = [
      await yard.call("GET", "/v1/webhooks/alerts"),
      await yard.call("GET", "/v1/webhooks"),
      await yard.call("GET", "/v1/webhooks/alerts/deliveries"),
    ].map(({ text }) => text);
    const stored = JSON.stringify([...yard.store.all()]);
    const key = String(body.secret).slice("whsec_".length);
    expect(delivery).toBeDefined();
    for (const text of [...shown, stored, JSON.stringify(yard.logged)]) {
      expect(text).not.toContain(key);
    }
  });

  it.each([
    ["https://api.amazonaws.com@evil.example/", "user name"],
    ["http://hooks.example.com/", "https://"],
    ["https://hooks.example.com:6379/", "port"],
    ["https://169.254.169.254/latest/meta-data/", "public internet"],
    ["https://[::ffff:10.0.0.1]/", "public internet"],
    ["https://2130706433/", "this machine"],
    ["https://metadata/", "private network"],
    ["https://hooks.example.com/\r\nx: y", "printable"],
  ])("is refused when it leads to %j", async (hostile, why) => {
    const yard = yardWith();
    const reply = await yard.call("PUT", "/v1/webhooks/alerts", { body: { url: hostile } });
    expect(expectProblem(reply, 400, "unsafe_address")).toMatchObject({
      pointer: "/url",
      detail: expect.stringContaining(why),
    });
    expectProblem(await yard.call("GET", "/v1/webhooks/alerts"), 404, "webhook_not_found");
  });

  it.each([
    [{}, "invalid_field"],
    [{ url: "nonsense" }, "invalid_field"],
    [{ url: `https://hooks.example.com/${"a".repeat(1_024)}` }, "invalid_field"],
    [{ url, states: [] }, "invalid_field"],
    [{ url, states: ["finished"] }, "invalid_field"],
    [{ url, secret: "mine" }, "unknown_field"],
  ] as const)("is refused as %j", async (body, code) => {
    expectProblem(await yardWith().call("PUT", "/v1/webhooks/alerts", { body }), 400, code);
  });
});

describe("a tenant's webhooks", () => {
  it("are nobody else's", async () => {
    const yard = yardWith();
    await defined(yard);
    for (const path of ["", "/secret", "/deliveries"]) {
      const reply = await yard.call("GET", `/v1/webhooks/alerts${path}`, { as: stranger });
      expectProblem(reply, 404, "webhook_not_found");
    }
    const own = await yard.call("PUT", "/v1/webhooks/alerts", { body: { url }, as: stranger });
    expect(own.status).toBe(201);
    const secrets = await Promise.all([
      yard.call("GET", "/v1/webhooks/alerts/secret"),
      yard.call("GET", "/v1/webhooks/alerts/secret", { as: stranger }),
    ]);
    expect(secrets[0].body.secret).not.toBe(secrets[1].body.secret);
  });

  it("are listed page by page, in the order of names", async () => {
    const yard = yardWith();
    for (const name of ["c", "a", "b"]) await defined(yard, name);
    const first = await yard.call("GET", "/v1/webhooks?limit=2");
    const second = await yard.call("GET", `/v1/webhooks?limit=2&cursor=${first.body.nextCursor}`);
    const names = [...first.body.items, ...second.body.items].map(({ name }) => name);
    expect([names, second.body.nextCursor]).toEqual([["a", "b", "c"], undefined]);
  });

  it(`are at most ${limits.webhooksMax}`, async () => {
    const yard = yardWith();
    for (let count = 0; count < limits.webhooksMax; count++) await defined(yard, `w${count}`);
    const reply = await yard.call("PUT", "/v1/webhooks/more", { body: { url } });
    expectProblem(reply, 409, "limit_reached");
    expect((await defined(yard, "w7")).status).toBe(200);
  });
});

describe("a webhook's secret", () => {
  it("is shown with the one before it for a day after a rotation", async () => {
    const yard = yardWith();
    await defined(yard);
    const before = (await yard.call("GET", "/v1/webhooks/alerts/secret")).body;
    expect((await yard.call("POST", "/v1/webhooks/alerts/rotate")).body.keyNumber).toBe(2);
    const during = (await yard.call("GET", "/v1/webhooks/alerts/secret")).body;
    const signsUntil = new Date(yard.now + limits.webhookKeyOverlapMs).toISOString();
    expect(during).toMatchObject({ keyNumber: 2, previous: { secret: before.secret, signsUntil } });
    expect(during.secret).not.toBe(before.secret);
    yard.now += limits.webhookKeyOverlapMs;
    const after = (await yard.call("GET", "/v1/webhooks/alerts/secret")).body;
    expect(after).toEqual({ secret: during.secret, keyNumber: 2 });
  });

  it("is another one when the webhook is deleted and made anew", async () => {
    const yard = yardWith();
    await defined(yard);
    const before = (await yard.call("GET", "/v1/webhooks/alerts/secret")).body.secret;
    expect((await yard.call("DELETE", "/v1/webhooks/alerts")).body).toEqual({ deleted: true });
    yard.now += 1;
    await defined(yard);
    expect((await yard.call("GET", "/v1/webhooks/alerts/secret")).body.secret).not.toBe(before);
  });
});

describe("trying a webhook out", () => {
  it("sends a message of its own kind and answers what came back", async () => {
    const pings: { id: string; body: string }[] = [];
    const ping = async (_: unknown, message: { id: string; body: string }) => {
      pings.push(message);
      return { status: 503, durationMs: 12, retryAfterMs: 1_000 };
    };
    const yard = yardWith({ ping });
    await defined(yard);
    const { body } = await yard.call("POST", "/v1/webhooks/alerts/test");
    expect(body).toEqual({ id: pings[0]?.id, delivered: false, status: 503, durationMs: 12 });
    expect(JSON.parse(pings[0]?.body ?? "")).toEqual({
      type: "webhook.test",
      timestamp: "2026-11-20T09:00:00.000Z",
      data: { webhook: "alerts" },
    });
    expect(await deliveriesOf(yard)).toEqual([]);
  });
});

describe("telling of a change", () => {
  it("makes one delivery for each webhook that wants it, however often it is told", async () => {
    const yard = yardWith();
    await defined(yard);
    await defined(yard, "other", { states: ["succeeded"] });
    await define(yard, "hello");
    const instance = await yard.instance(await submit(yard, { task: "hello" }));
    const deps = { ...yard.engine, webhooks: openWebhookSource(yard.engine) };
    await planDeliveries(deps, stateChangesOf(instance));
    await planDeliveries(deps, stateChangesOf(instance));
    expect(await deliveriesOf(yard)).toMatchObject([
      {
        state: "waiting",
        tries: 0,
        instanceId: instance.id,
        message: {
          type: "instance.state_changed",
          timestamp: "2026-11-20T09:00:00.000Z",
          data: { instanceId: instance.id, task: "hello", to: "dispatched", version: 1 },
        },
        nextTryAt: "2026-11-20T09:00:00.000Z",
      },
    ]);
    expect(await deliveriesOf(yard, "other")).toEqual([]);
  });

  it("does not send again what was delivered, although it is told again", async () => {
    const yard = yardWith();
    await defined(yard);
    const [{ id }] = await told(yard);
    const { sent, look } = lookerOf(yard, [{ status: 204 }]);
    await look(id);
    const instanceId = (await deliveriesOf(yard))[0].instanceId;
    const deps = { ...yard.engine, webhooks: openWebhookSource(yard.engine) };
    await planDeliveries(deps, stateChangesOf(await yard.instance(instanceId)));
    await look(id);
    expect(sent).toHaveLength(1);
    expect((await deliveriesOf(yard))[0]).toMatchObject({ state: "delivered", tries: 1 });
  });
});

describe("looking at a delivery", () => {
  it("sends it signed, once, however often it is looked at", async () => {
    const yard = yardWith();
    await defined(yard);
    const [{ id, message }] = await told(yard);
    const { sent, look } = lookerOf(yard, [{ status: 200 }, { status: 200 }]);
    await Promise.all([look(id), look(id), look(id)]);
    await look(id);
    expect(sent).toMatchObject([
      {
        url,
        headers: { "webhook-id": id, "webhook-timestamp": String(yard.now / 1_000) },
      },
    ]);
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual(message);
    const [{ state, tries, lastTry, nextTryAt }] = await deliveriesOf(yard);
    expect([state, tries, lastTry.status, nextTryAt]).toEqual(["delivered", 1, 200, undefined]);
  });

  it("tries again when its time has come, and not before", async () => {
    const yard = yardWith();
    await defined(yard);
    const [{ id }] = await told(yard);
    const { sent, look } = lookerOf(yard, [{ error: "ECONNREFUSED" }, { status: 204 }]);
    await look(id);
    await look(id);
    expect(sent).toHaveLength(1);
    expect((await deliveriesOf(yard))[0]).toMatchObject({
      state: "waiting",
      lastTry: { error: "ECONNREFUSED" },
      nextTryAt: "2026-11-20T09:00:05.000Z",
    });
    yard.now += 5_000;
    await look(id);
    expect((await deliveriesOf(yard))[0]).toMatchObject({ state: "delivered", tries: 2 });
    expect(sent[1]?.headers["webhook-id"]).toBe(sent[0]?.headers["webhook-id"]);
  });

  it("begins anew after whoever tried was ended in the middle", async () => {
    const yard = yardWith();
    await defined(yard);
    const [{ id }] = await told(yard);
    const sender = { send: () => Promise.reject(new Error("the process ends here")) };
    const died = lookAtDelivery({ ...yard.engine, keys, sender }, "acme", "alerts", id);
    await expect(died).rejects.toThrow("ends here");
    const { sent, look } = lookerOf(yard, [{ status: 204 }]);
    await look(id);
    expect(sent).toEqual([]);
    yard.now += limits.webhookTryLapseMs;
    await look(id);
    expect((await deliveriesOf(yard))[0]).toMatchObject({ state: "delivered", tries: 2 });
  });
});

describe("a delivery that has no sense any more", () => {
  it("is not made for a receiver that answered 410, until it is defined anew", async () => {
    const yard = yardWith();
    await defined(yard);
    const [{ id }] = await told(yard);
    const { sent, look } = lookerOf(yard, [{ status: 410 }]);
    await look(id);
    expect((await yard.call("GET", "/v1/webhooks/alerts")).body.state).toBe("gone");
    const path = `/v1/webhooks/alerts/deliveries/${id}/redeliver`;
    expectProblem(await yard.call("POST", path), 409, "conflict");
    yard.now += 3_000;
    expect(await told(yard)).toHaveLength(1);
    await defined(yard);
    expect(await told(yard)).toHaveLength(2);
    expect(sent).toHaveLength(1);
  });

  it.each([
    ["deleted", (yard: Yard) => yard.call("DELETE", "/v1/webhooks/alerts")],
    ["made inactive", (yard: Yard) => defined(yard, "alerts", { active: false })],
  ])("is given up when its webhook was %s", async (_, change) => {
    const yard = yardWith();
    await defined(yard);
    const [{ id }] = await told(yard);
    await change(yard);
    const { sent, look } = lookerOf(yard, []);
    await look(id);
    yard.now += 1;
    await defined(yard);
    expect(sent).toEqual([]);
    expect((await deliveriesOf(yard))[0].state).toBe("given_up");
  });

  it("is passed by when it is not there", async () => {
    const yard = yardWith();
    const { sent, look } = lookerOf(yard, []);
    await look("msg_01m7w2y7m0_01m7w2y7m0y1dwc0ppm7411dgb_2");
    expect(sent).toEqual([]);
  });
});

describe("delivering a message again", () => {
  it("has all its tries again, with the same id", async () => {
    const yard = yardWith();
    await defined(yard);
    const [{ id }] = await told(yard);
    const { sent, look } = lookerOf(yard, [{ status: 204 }, { status: 204 }]);
    await look(id);
    yard.now += 6 * 86_400_000;
    const again = await yard.call("POST", `/v1/webhooks/alerts/deliveries/${id}/redeliver`);
    expect(again.body).toMatchObject({ id, state: "waiting", tries: 0 });
    await look(id);
    expect(sent.map(({ headers }) => headers["webhook-id"])).toEqual([id, id]);
  });

  it("needs a delivery that there is", async () => {
    const yard = yardWith();
    await defined(yard);
    const path = (id: string) => `/v1/webhooks/alerts/deliveries/${id}/redeliver`;
    const none = "msg_01m7w2y7m0_01m7w2y7m0y1dwc0ppm7411dgb_2";
    for (const id of [none, "msg_1", "..%2F.."]) {
      const problem = expectProblem(await yard.call("POST", path(id)), 404, "delivery_not_found");
      expect(problem.pointer).toBe("id");
    }
    const reply = await yard.call("GET", "/v1/webhooks/a%23b");
    expect(expectProblem(reply, 404, "webhook_not_found").pointer).toBe("name");
  });
});
