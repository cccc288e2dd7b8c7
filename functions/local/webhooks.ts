import type { InstanceStateChanged } from "../../shared/instance/state-changes.ts";
import { openFileSigningKeys, openMemorySigningKeys } from "../adapters/local/signing-keys.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import { systemClock } from "../runtime/system-ports.ts";
import { lookAtDelivery } from "../webhook/look-at-delivery.ts";
import { pingWith } from "../webhook/ping.ts";
import { ReceiverBreaker } from "../webhook/receiver-breaker.ts";
import { openSafeSender } from "../webhook/safe-fetch.ts";
import { planDeliveries } from "../webhooks/plan-deliveries.ts";
import type { WebhookPorts } from "../webhooks/webhook-ports.ts";
import { openWebhookSource } from "../webhooks/webhook-source.ts";
import { DeliveryLanes } from "./delivery-lanes.ts";
import type { HostOptions } from "./options.ts";
import type { RecordLooks } from "./record-queue.ts";

/** Signed messages to the outside, from this process. */
export interface HostWebhooks {
  readonly ports: WebhookPorts;
  readonly looks: Required<Pick<RecordLooks, "delivery">>;
  /** What the change feed brings. */
  plan(engine: RunningEngine, changes: readonly InstanceStateChanged[]): Promise<void>;
  /** Resolves when no message is on its way any more. */
  close(): Promise<void>;
}

export function openHostWebhooks(
  options: Pick<HostOptions, "store" | "dataDirectory" | "webhooksToLoopback">,
  engineOf: () => RunningEngine,
): HostWebhooks {
  const keys =
    options.store === "memory"
      ? openMemorySigningKeys()
      : openFileSigningKeys(options.dataDirectory);
  const reach = { loopback: options.webhooksToLoopback };
  const sender = openSafeSender({ reach, now: () => systemClock.now() });
  const breaker = new ReceiverBreaker();
  let lanes: DeliveryLanes | undefined;
  let source: ReturnType<typeof openWebhookSource> | undefined;
  return {
    ports: { reach, keys, ping: pingWith({ keys, sender, clock: systemClock }) },
    looks: {
      delivery({ tenant, name, id }) {
        const engine = engineOf();
        lanes ??= new DeliveryLanes(engine.log);
        const deps = { ...engine, keys, sender, breaker };
        lanes.add(`${tenant}/${name}`, id, () => lookAtDelivery(deps, tenant, name, id));
        return Promise.resolve();
      },
    },
    plan(engine, changes) {
      source ??= openWebhookSource(engine);
      return planDeliveries({ ...engine, webhooks: source }, changes);
    },
    close: async () => lanes?.close(),
  };
}
