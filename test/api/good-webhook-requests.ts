import { planDeliveries } from "../../functions/webhooks/plan-deliveries.ts";
import { openWebhookSource } from "../../functions/webhooks/webhook-source.ts";
import { type OperationId, operationIds, routes } from "../../shared/contract/http/routes.ts";
import { stateChangesOf } from "../../shared/instance/state-changes.ts";
import { submit, type Yard } from "./yard.ts";

const webhookOperations: readonly OperationId[] = operationIds.filter(
  (id) => routes[id].tag === "Webhooks",
);

/** What a path and a body of these operations need, in a yard where there is such a thing. */
export async function goodWebhookParts(
  yard: Yard,
  id: OperationId,
): Promise<{ readonly id?: string; readonly body?: object } | undefined> {
  if (!webhookOperations.includes(id)) return undefined;
  const body = { url: "https://hooks.example.com/in", states: ["pending", "dispatched"] };
  if (id === "defineWebhook") return { body };
  await yard.call("PUT", "/v1/webhooks/hello", { body });
  return { id: await plannedDelivery(yard) };
}

/** The id of a delivery that waits. */
export async function plannedDelivery(yard: Yard): Promise<string> {
  const instance = await yard.instance(await submit(yard, { task: "hello" }));
  const deps = { ...yard.engine, webhooks: openWebhookSource(yard.engine) };
  await planDeliveries(deps, stateChangesOf(instance));
  const { body } = await yard.call("GET", "/v1/webhooks/hello/deliveries");
  return String(body.items[0].id);
}
