import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import type { Webhook, WebhookDelivery } from "../../shared/webhook/webhook.ts";
import { type Handler, webhookFunction } from "./deployment.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { succeed } from "./yard.ts";

const secret = "switchyard/test/webhooks";
const here = useYard({
  environment: { WEBHOOK_SECRET: secret, WEBHOOK_FUNCTION: webhookFunction },
});
let webhook: Handler;

beforeEach(async () => {
  const { stub, logs, stream } = here.deployment;
  stub.lambda.functions.add(webhookFunction);
  stub.secrets.texts.set(secret, "m".repeat(64));
  await stream.take();
  stub.lambda.take();
  logs.take();
});

/** The one function of these tests that is deployed only where it is asked for. */
async function loadWebhook(query = ""): Promise<Handler> {
  const file = join(here.deployment.bundles, "webhook", "index.mjs");
  const url = `${pathToFileURL(file).href}${query}`;
  const module: { readonly handler: Handler } = await import(url);
  return module.handler;
}

/** As if the receiver's name had led elsewhere when it was looked at, at its definition. */
async function redirect(url: string): Promise<void> {
  const { store } = here.deployment;
  const key = keys.webhook("default", "ends");
  const record = await store.get(key);
  if (record === undefined) throw new TypeError("the webhook is gone");
  const present = record.body as unknown as Webhook;
  const body: Webhook = { ...present, spec: { ...present.spec, url } };
  const put = { kind: "put", expect: record.version } as const;
  await store.write([{ ...put, record: { key, type: record.type, body } }]);
}

async function deliveryOf(instanceId: string): Promise<WebhookDelivery | undefined> {
  const { store } = here.deployment;
  const partition = keys.delivery("default", "ends", "").pk;
  const page = await store.query({ index: "primary", partition, order: "ascending", limit: 100 });
  const found = await store.getMany(page.map(({ key }) => key));
  return found
    .map((record) => record?.body as unknown as WebhookDelivery)
    .find((delivery) => delivery.instanceId === instanceId);
}

/** Runs one instance to its end, which is what webhooks tell of. */
async function runOne(): Promise<string> {
  const { id } = await here.yard.submit();
  await here.yard.dispatch();
  await here.yard.complete(succeed());
  await here.yard.observe();
  return id;
}

/** Hands on the calls to the function that wait. */
async function call(): Promise<readonly unknown[]> {
  const calls = here.deployment.stub.lambda.take();
  for (const { functionArn, payload } of calls) {
    expect(functionArn).toBe(webhookFunction);
    await webhook(payload);
  }
  return calls.map(({ payload }) => payload);
}

describeDeployed("a webhook on AWS", () => {
  beforeAll(async () => {
    webhook = await loadWebhook();
    // Before anything happens: whoever plans deliveries remembers webhooks for a moment.
    const body = { url: "https://hooks.example.com/switchyard" };
    const { status } = await here.yard.http({ method: "PUT", path: "/v1/webhooks/ends", body });
    expect(status).toBe(201);
  });

  it("is told of the end of an instance by a call that names the delivery and says no more", async () => {
    const instanceId = await runOne();
    const delivery = await deliveryOf(instanceId);
    expect(delivery).toMatchObject({ state: "waiting", tries: 0, instanceId });
    const payload = {
      kind: "deliveries",
      records: [{ tenant: "default", name: "ends", id: delivery?.id }],
    };
    expect(here.deployment.stub.lambda.take()).toMatchObject([
      { functionArn: webhookFunction, payload },
    ]);
  });

  it.each([
    ["https://127.0.0.1:8443/hook", "this machine itself"],
    ["https://[::1]/hook", "this machine itself"],
    ["https://localhost/hook", "this machine itself"],
    ["https://10.0.0.1/hook", "public"],
    ["https://169.254.169.254/latest/meta-data/", "public"],
  ])("is not delivered to %s, and the record says why", async (url, reason) => {
    await redirect(url);
    const instanceId = await runOne();
    expect(await call()).toHaveLength(1);
    const delivery = await deliveryOf(instanceId);
    expect(delivery).toMatchObject({
      tries: 1,
      lastTry: { error: expect.stringContaining(reason) },
    });
    expect(delivery?.lastTry?.status).toBeUndefined();
  });

  it("is not tried again by a call that comes twice", async () => {
    await redirect("https://10.0.0.1/hook");
    const instanceId = await runOne();
    const [payload] = await call();
    await webhook(payload);
    expect((await deliveryOf(instanceId))?.tries).toBe(1);
  });

  it("answers a ping with what came of it", async () => {
    await redirect("https://10.0.0.1/hook");
    const ping = { kind: "ping", tenant: "default", name: "ends", id: "msg_1", body: "{}" };
    expect(await webhook(ping)).toMatchObject({ error: expect.stringContaining("10.0.0.1") });
  });

  it("throws for another call while its secret cannot be read", async () => {
    // Loaded anew: the one that has been working knows the secret already.
    const unready = await loadWebhook("?anew");
    here.deployment.stub.secrets.texts.clear();
    const ping = { kind: "ping", tenant: "default", name: "ends", id: "msg_2", body: "{}" };
    await expect(unready(ping)).rejects.toThrow("secretsmanager:GetSecretValue");
  });
});
