import { messageIdOf, messageOfChange } from "../../shared/contract/webhook-message.ts";
import type { InstanceStateChanged } from "../../shared/instance/state-changes.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { RecordHint, RecordHints } from "../../shared/ports/record-hints.ts";
import type { Store } from "../../shared/ports/store.ts";
import { wantsChange } from "../../shared/webhook/wants-change.ts";
import type { Webhook, WebhookDelivery } from "../../shared/webhook/webhook.ts";
import { saveDelivery } from "./webhook-records.ts";
import type { WebhookSource } from "./webhook-source.ts";

export interface PlanningDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly webhooks: WebhookSource;
  /** Absent where nobody can be told at once: then the timekeeper finds the deliveries. */
  readonly recordHints?: RecordHints;
}

/** Written at once, side by side. */
const writesAtOnce = 20;

/**
 * Writes one delivery for each change and each webhook that wants it. Planning a change again finds
 * its deliveries there, whatever became of them, and changes nothing.
 */
export async function planDeliveries(
  deps: PlanningDeps,
  changes: readonly InstanceStateChanged[],
): Promise<void> {
  const { store, clock, log } = deps;
  const deliveries = await wantedDeliveries(deps, changes);
  const hints: RecordHint[] = [];
  for (let at = 0; at < deliveries.length; at += writesAtOnce) {
    const part = deliveries.slice(at, at + writesAtOnce);
    const written = await Promise.all(
      part.map((delivery) => saveDelivery(store, delivery, "absent", clock.now())),
    );
    for (const [place, { tenant, webhook, id }] of part.entries()) {
      if (written[place] === true) hints.push({ kind: "delivery", tenant, name: webhook, id });
    }
  }
  if (hints.length === 0) return;
  log.debug("webhook deliveries planned", { count: hints.length });
  await deps.recordHints?.send(hints);
}

async function wantedDeliveries(
  { webhooks, clock }: PlanningDeps,
  changes: readonly InstanceStateChanged[],
): Promise<readonly WebhookDelivery[]> {
  const tenants = [...new Set(changes.map(({ tenant }) => tenant))];
  const found = await Promise.all(
    tenants.map(async (tenant) => [tenant, await webhooks.receiving(tenant)] as const),
  );
  const receiving = new Map<string, readonly Webhook[]>(found);
  const nowMs = clock.now();
  return changes.flatMap((change) =>
    (receiving.get(change.tenant) ?? [])
      .filter((webhook) => wantsChange(webhook, change))
      .map(
        (webhook): WebhookDelivery => ({
          tenant: change.tenant,
          webhook: webhook.name,
          id: messageIdOf(change),
          state: "waiting",
          body: JSON.stringify(messageOfChange(change)),
          tries: 0,
          instanceId: change.instanceId,
          createdAtMs: nowMs,
          wakeAtMs: nowMs,
        }),
      ),
  );
}
