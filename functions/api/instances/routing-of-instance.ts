import { routingToView } from "../../../shared/contract/http/receipt-to-view.ts";
import type { RoutingView } from "../../../shared/contract/http/receipt-views.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { type Settlement, settle } from "../../../shared/routing/settle.ts";
import type { Engine } from "../../runtime/engine.ts";
import { definitionOf } from "../../runtime/instances.ts";
import { plannedRoute } from "./explain-instance.ts";

/** Why each attempt went where it went, what became of it, and what it would have cost elsewhere. */
export async function routingOfInstance(engine: Engine, instance: Instance): Promise<RoutingView> {
  const [planned, { spec }, { backends }] = await Promise.all([
    plannedRoute(engine, instance),
    definitionOf(engine, instance),
    engine.routing.facts(instance.tenant),
  ]);
  const settlements = new Map<number, Settlement>();
  for (const attempt of instance.attempts) {
    const settlement = settle(attempt, instance, spec, backends);
    if (settlement !== undefined) settlements.set(attempt.number, settlement);
  }
  return routingToView(instance, planned, settlements);
}
