import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Webhook, WebhookSpec } from "../../shared/webhook/webhook.ts";
import { type WebhookReach, webhookUrlProblem } from "../../shared/webhook/webhook-url.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { loadWebhook, saveWebhook, webhookContended, webhookNotFound } from "./webhook-records.ts";

/** Makes a webhook, or replaces what it says; its keys stay, and a receiver that was gone is tried again. */
export async function defineWebhook(
  { store, clock, log }: Engine,
  reach: WebhookReach,
  { tenant, actor }: TenantContext,
  name: string,
  spec: WebhookSpec,
): Promise<{ readonly webhook: Webhook; readonly created: boolean }> {
  refuseUnsafe(spec.url, reach);
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadWebhook(store, tenant, name);
    if (present === undefined) await refuseTooMany(store, tenant);
    const nowMs = clock.now();
    const { createdAtMs, keyNumber, keyChangedAtMs } = present?.body ?? {
      createdAtMs: nowMs,
      keyNumber: 1,
      keyChangedAtMs: nowMs,
    };
    const webhook: Webhook = {
      tenant,
      name,
      spec,
      keyNumber,
      keyChangedAtMs,
      createdAtMs,
      updatedAtMs: nowMs,
      updatedBy: actor,
    };
    if (await saveWebhook(store, webhook, present?.version ?? "absent")) {
      log.info("webhook defined", { webhook: name, created: present === undefined });
      return { webhook, created: present === undefined };
    }
  }
  throw new RejectionError(webhookContended(name));
}

function refuseUnsafe(url: string, reach: WebhookReach): void {
  const problem = webhookUrlProblem(url, reach);
  if (problem === undefined) return;
  throw new RejectionError({
    code: "unsafe_address",
    detail: `/url ${problem.message}`,
    pointer: "/url",
    ...(problem.suggestion === undefined ? {} : { suggestion: problem.suggestion }),
  });
}

async function refuseTooMany(store: Store, tenant: string): Promise<void> {
  const present = await store.query({
    index: "primary",
    partition: keys.webhook(tenant, "").pk,
    order: "ascending",
    limit: limits.webhooksMax,
  });
  if (present.length < limits.webhooksMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `there are ${limits.webhooksMax} webhooks already, and no more are possible`,
    suggestion: "delete one that is no longer used, or let one receiver tell others",
  });
}

/** The webhook; throws a RejectionError when there is none. */
export async function getWebhook(store: Store, tenant: string, name: string): Promise<Webhook> {
  const loaded = await loadWebhook(store, tenant, name);
  if (loaded === undefined) throw new RejectionError(webhookNotFound(name));
  return loaded.body;
}

/** The tenant's webhooks in the order of their names. */
export async function listWebhooks(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly webhooks: readonly Webhook[]; readonly next: { nextCursor?: string } }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.webhook(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listWebhooks", filters: {} },
    },
    query,
  );
  return { webhooks: records.map(({ body }) => body as unknown as Webhook), next };
}

/** Signs with a new key from now on, and for a day with the one before it, too. */
export async function rotateWebhookKey(
  { store, clock, log }: Engine,
  { tenant, actor }: TenantContext,
  name: string,
): Promise<Webhook> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadWebhook(store, tenant, name);
    if (loaded === undefined) throw new RejectionError(webhookNotFound(name));
    const nowMs = clock.now();
    const webhook: Webhook = {
      ...loaded.body,
      keyNumber: loaded.body.keyNumber + 1,
      keyChangedAtMs: nowMs,
      updatedAtMs: nowMs,
      updatedBy: actor,
    };
    if (await saveWebhook(store, webhook, loaded.version)) {
      log.info("webhook key rotated", { webhook: name, keyNumber: webhook.keyNumber });
      return webhook;
    }
  }
  throw new RejectionError(webhookContended(name));
}

/** Deletes a webhook; deliveries that still wait are given up when their time comes. */
export async function deleteWebhook(
  { store, log }: Engine,
  { tenant }: TenantContext,
  name: string,
): Promise<void> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadWebhook(store, tenant, name);
    if (loaded === undefined) throw new RejectionError(webhookNotFound(name));
    const result = await store.write([
      { kind: "delete", key: keys.webhook(tenant, name), expect: loaded.version },
    ]);
    if (result.outcome === "wrote") {
      log.info("webhook deleted", { webhook: name });
      return;
    }
  }
  throw new RejectionError(webhookContended(name));
}
