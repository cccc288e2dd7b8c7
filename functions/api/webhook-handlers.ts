import { isoTime } from "../../shared/contract/http/iso-time.ts";
import { deliveryToView, webhookToView } from "../../shared/contract/http/webhook-views.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import {
  defineWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateWebhookKey,
} from "../webhooks/define-webhook.ts";
import { listDeliveries, redeliverMessage } from "../webhooks/read-deliveries.ts";
import { testWebhook } from "../webhooks/test-webhook.ts";
import type { WebhookPorts } from "../webhooks/webhook-ports.ts";
import { previousKeyUntilMs, secretOfWebhook } from "../webhooks/webhook-secrets.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type WebhookHandlers = Pick<
  Handlers,
  | "defineWebhook"
  | "listWebhooks"
  | "getWebhook"
  | "deleteWebhook"
  | "testWebhook"
  | "rotateWebhookKey"
  | "getWebhookSecret"
  | "listWebhookDeliveries"
  | "redeliverMessage"
>;

export function webhookHandlers({ engine, webhooks }: ApiDeps): WebhookHandlers {
  return {
    async defineWebhook({ context, params, body }) {
      const { reach } = portsOf(webhooks);
      const { webhook, created } = await defineWebhook(engine, reach, context, params.name, body);
      const view = webhookToView(webhook);
      return answer(created ? 201 : 200, view, created ? { location: view.links.self } : {});
    },
    async listWebhooks({ context, query }) {
      const found = await listWebhooks(engine, context.tenant, query);
      return answer(200, { items: found.webhooks.map(webhookToView), ...found.next });
    },
    async getWebhook({ context, params }) {
      const webhook = await getWebhook(engine.store, context.tenant, params.name);
      return answer(200, webhookToView(webhook));
    },
    async deleteWebhook({ context, params }) {
      await deleteWebhook(engine, context, params.name);
      return answer(200, { deleted: true });
    },
    async testWebhook({ context, params }) {
      const ports = portsOf(webhooks);
      const { id, outcome } = await testWebhook(engine, ports, context.tenant, params.name);
      const { status, error, durationMs } = outcome;
      const delivered = status !== undefined && status >= 200 && status < 300;
      return answer(200, { id, delivered, status, error, durationMs });
    },
    async rotateWebhookKey({ context, params }) {
      return answer(200, webhookToView(await rotateWebhookKey(engine, context, params.name)));
    },
    async getWebhookSecret({ context, params }) {
      const { keys } = portsOf(webhooks);
      const webhook = await getWebhook(engine.store, context.tenant, params.name);
      const { keyNumber } = webhook;
      const untilMs = previousKeyUntilMs(webhook);
      const secret = await secretOfWebhook(keys, webhook, keyNumber);
      if (engine.clock.now() >= untilMs) return answer(200, { secret, keyNumber });
      const previous = {
        secret: await secretOfWebhook(keys, webhook, keyNumber - 1),
        signsUntil: isoTime(untilMs),
      };
      return answer(200, { secret, keyNumber, previous });
    },
    async listWebhookDeliveries({ context, params, query }) {
      const found = await listDeliveries(engine, context.tenant, params.name, query);
      return answer(200, { items: found.deliveries.map(deliveryToView), ...found.next });
    },
    async redeliverMessage({ context, params }) {
      const { name, id } = params;
      return answer(200, deliveryToView(await redeliverMessage(engine, context.tenant, name, id)));
    },
  };
}

function portsOf(ports: WebhookPorts | undefined): WebhookPorts {
  if (ports !== undefined) return ports;
  throw new RejectionError({
    code: "unavailable",
    detail: "this server was set up without webhooks",
    suggestion: "deploy it with webhooks: see docs/webhooks.md",
  });
}
