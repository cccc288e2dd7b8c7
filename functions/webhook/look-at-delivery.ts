import { limits } from "../../shared/core/limits.ts";
import type { Clock, Random } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { RecordHints } from "../../shared/ports/record-hints.ts";
import type { SigningKeys } from "../../shared/ports/signing-keys.ts";
import type { Store } from "../../shared/ports/store.ts";
import {
  beginTry,
  decideDelivery,
  giveUp,
  isDue,
  isTaken,
  postpone,
} from "../../shared/webhook/decide-delivery.ts";
import { isReceiving } from "../../shared/webhook/wants-change.ts";
import type { Webhook, WebhookDelivery } from "../../shared/webhook/webhook.ts";
import {
  loadDelivery,
  loadWebhook,
  saveDelivery,
  saveWebhook,
} from "../webhooks/webhook-records.ts";
import type { ReceiverBreaker } from "./receiver-breaker.ts";
import { signMessage } from "./sign-message.ts";
import type { WebhookSender } from "./webhook-sender.ts";

export interface DeliveryDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly keys: SigningKeys;
  readonly sender: WebhookSender;
  /** Spares receivers that fail again and again; absent: each message tries for itself. */
  readonly breaker?: ReceiverBreaker;
  /** Makes early tries precise; absent: the timekeeper brings about all of them. */
  readonly recordHints?: RecordHints;
}

/**
 * Tries a delivery that is due, once. The try is written down before it is made, so that of two who
 * look only one sends, and a message that ends whoever sends it is not sent for ever.
 */
export async function lookAtDelivery(
  deps: DeliveryDeps,
  tenant: string,
  webhookName: string,
  id: string,
): Promise<void> {
  const { store, clock, random } = deps;
  const loaded = await loadDelivery(store, tenant, webhookName, id);
  if (loaded === undefined || !isDue(loaded.body, clock.now())) return;
  const webhook = (await loadWebhook(store, tenant, webhookName))?.body;
  const senseless = whyNot(loaded.body, webhook, clock.now());
  if (webhook === undefined || senseless !== undefined) {
    await settle(deps, giveUp(loaded.body, senseless ?? "", clock.now()), loaded.version);
    return;
  }
  const receiver = `${tenant}/${webhookName}`;
  const pausedUntilMs = deps.breaker?.pausedUntilMs(receiver, clock.now());
  if (pausedUntilMs !== undefined) {
    const later = postpone(loaded.body, pausedUntilMs, random.next());
    await settle(deps, later, loaded.version, "its receiver is spared for a while");
    return;
  }
  const begun = beginTry(loaded.body, clock.now());
  if (!(await saveDelivery(store, begun, loaded.version, clock.now()))) return;
  const message = await signMessage(deps.keys, webhook, begun, clock.now());
  const outcome = await deps.sender.send(message);
  deps.breaker?.note(receiver, isTaken(outcome), clock.now());
  const { next, gone, reason } = decideDelivery(begun, outcome, clock.now(), random.next());
  if (gone) await markGone(deps, webhook);
  await settle(deps, next, loaded.version + 1, reason);
}

/** Why there is no sense in trying. */
function whyNot(
  delivery: WebhookDelivery,
  webhook: Webhook | undefined,
  nowMs: number,
): string | undefined {
  // One that was made later under the same name has asked for nothing of before.
  if (webhook === undefined || webhook.createdAtMs > delivery.createdAtMs) {
    return "the webhook was deleted";
  }
  if (!isReceiving(webhook)) return "the webhook is not active";
  // Of a try that nobody came back from.
  if (delivery.tries >= limits.webhookTriesMax) return `try ${delivery.tries} had no outcome`;
  // Its receiver was spared again and again.
  const sinceMs = delivery.redeliveredAtMs ?? delivery.createdAtMs;
  if (nowMs - sinceMs > limits.webhookDeliveryKeepMs) return "it is too old";
  return undefined;
}

async function settle(
  { store, clock, log, recordHints }: DeliveryDeps,
  next: WebhookDelivery,
  version: number,
  reason?: string,
): Promise<void> {
  const nowMs = clock.now();
  const { tenant, webhook, id, state, tries, wakeAtMs } = next;
  // Lost means that somebody began it anew meanwhile, and that is what counts.
  if (!(await saveDelivery(store, next, version, nowMs))) return;
  const fields = { webhook, deliveryId: id, state, tries, reason: reason ?? next.lastTry?.error };
  if (state === "given_up") log.warn("webhook delivery given up", fields);
  else log.debug("webhook delivery tried", fields);
  if (wakeAtMs !== undefined && wakeAtMs - nowMs <= limits.timekeeperHorizonMs) {
    const hint = { kind: "delivery", tenant, name: webhook, id, notBeforeMs: wakeAtMs } as const;
    await recordHints?.send([hint]);
  }
}

/** Nothing more goes to a receiver that answered 410. */
async function markGone({ store, clock, log }: DeliveryDeps, webhook: Webhook): Promise<void> {
  const { tenant, name, updatedAtMs } = webhook;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadWebhook(store, tenant, name);
    // One that was defined anew meanwhile may have another receiver.
    if (loaded === undefined || loaded.body.updatedAtMs !== updatedAtMs) return;
    const next: Webhook = { ...loaded.body, gone: { atMs: clock.now() } };
    if (await saveWebhook(store, next, loaded.version)) {
      log.warn("webhook receives nothing more: its receiver answered 410", { webhook: name });
      return;
    }
  }
}
