import { isoTime } from "../../../shared/contract/http/iso-time.ts";
import type { WhyView } from "../../../shared/contract/http/views.ts";
import { confinementOf } from "../../../shared/group/confinement.ts";
import { explain } from "../../../shared/instance/explain.ts";
import { inputBytesOf } from "../../../shared/instance/input-bytes.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Receipt } from "../../../shared/routing/receipt.ts";
import { route } from "../../../shared/routing/route.ts";
import type { Engine } from "../../runtime/engine.ts";
import { definitionOf } from "../../runtime/instances.ts";

/** Says what an instance is doing or waiting for, from its record, its task and routing. */
export async function explainInstance(engine: Engine, instance: Instance): Promise<WhyView> {
  const head = await engine.definitions.head(instance.tenant, instance.task);
  const planned = await plannedRoute(engine, instance);
  const { summary, facts, nextAtMs, nextStep, actions } = explain(instance, {
    nowMs: engine.clock.now(),
    definition: await definitionOf(engine, instance),
    ...(head?.paused === undefined ? {} : { paused: head.paused }),
    ...(planned === undefined ? {} : { planned }),
  });
  return {
    instanceId: instance.id,
    state: instance.state,
    summary,
    facts: [...facts],
    ...(nextAtMs === undefined ? {} : { nextAt: isoTime(nextAtMs) }),
    ...(nextStep === undefined ? {} : { nextStep }),
    actions: [...actions],
  };
}

/** What routing would decide now; undefined for an instance that waits for no attempt. */
export async function plannedRoute(
  engine: Engine,
  instance: Instance,
): Promise<Receipt | undefined> {
  if (instance.state !== "pending") return undefined;
  const { tenant, task } = instance;
  const [{ spec }, facts, profile, { groups }] = await Promise.all([
    definitionOf(engine, instance),
    engine.routing.facts(tenant),
    engine.routing.profile(tenant, task),
    engine.gates.facts(tenant),
  ]);
  const inputBytes = inputBytesOf(instance);
  const confinement = confinementOf(instance.group, groups);
  const nowMs = engine.clock.now();
  return route({ ...facts, spec, instance, inputBytes, profile, confinement, nowMs });
}
