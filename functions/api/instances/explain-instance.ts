import { estimateToView, gateToView } from "../../../shared/contract/http/gate-to-view.ts";
import { isoTime } from "../../../shared/contract/http/iso-time.ts";
import type { WhyView } from "../../../shared/contract/http/why-views.ts";
import { explain } from "../../../shared/instance/explain.ts";
import { explainGates } from "../../../shared/instance/explain-gates.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Receipt } from "../../../shared/routing/receipt.ts";
import { gateReadings, planNow } from "../../gates/gate-readings.ts";
import type { Engine } from "../../runtime/engine.ts";
import { definitionOf } from "../../runtime/instances.ts";

/** Says what an instance is doing or waiting for, from the same records that decide about it. */
export async function explainInstance(engine: Engine, instance: Instance): Promise<WhyView> {
  const readings = await gateReadings(engine, instance);
  const gates = explainGates(instance, readings);
  const { summary, facts, nextAtMs, nextStep, actions } = explain(instance, { ...readings, gates });
  return {
    instanceId: instance.id,
    state: instance.state,
    summary,
    facts: [...facts],
    ...(nextAtMs === undefined ? {} : { nextAt: isoTime(nextAtMs) }),
    ...(nextStep === undefined ? {} : { nextStep }),
    actions: [...actions],
    gates: gates.map(gateToView),
    ...estimateToView(gates.find(({ state }) => state === "waiting")?.estimate),
  };
}

/** What routing would decide now; undefined for an instance that waits for no attempt. */
export async function plannedRoute(
  engine: Engine,
  instance: Instance,
): Promise<Receipt | undefined> {
  if (instance.state !== "pending") return undefined;
  const [definition, rules] = await Promise.all([
    definitionOf(engine, instance),
    engine.gates.facts(instance.tenant),
  ]);
  return (await planNow(engine, instance, definition, rules)).planned;
}
