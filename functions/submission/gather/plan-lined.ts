import {
  additionsFitting,
  isGathering,
  openGathering,
} from "../../../shared/instance/amend-instance.ts";
import { decide } from "../../../shared/instance/decide.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import { isTerminal } from "../../../shared/instance/moves.ts";
import type { Gathering, Singleton } from "../../../shared/task/gathering.ts";
import type { Engine } from "../../runtime/engine.ts";
import { loadInstance } from "../../runtime/instances.ts";
import type { SubmitResult } from "../submit-instances.ts";
import { type Arrival, holderOfLock } from "./arrival.ts";
import { lockKeyOf } from "./submit-lined.ts";
import { singletonOpen } from "./submit-singleton.ts";

/** What would become of the arrival now, without doing it. */
export async function planLined(engine: Engine, arrival: Arrival): Promise<SubmitResult> {
  const { tenant } = arrival.prepared.instance;
  const { singleton, gather } = arrival.definition.spec;
  const holderId = holderOfLock(await engine.store.get(lockKeyOf(engine, arrival)));
  const holder =
    holderId === undefined ? undefined : await loadInstance(engine.store, tenant, holderId);
  if (gather !== undefined) return planGathered(arrival, gather, holder, engine.clock.now());
  const isHeld = holder !== undefined && !isTerminal(holder.state);
  if (singleton === undefined || !isHeld) return planned(arrival, arrival.prepared.instance);
  return planSingleton(arrival, singleton, holder);
}

function planSingleton(
  arrival: Arrival,
  { onConflict }: Singleton,
  holder: Instance,
): SubmitResult {
  switch (onConflict) {
    case "return":
      return planned(arrival, holder, `it would be answered with ${holder.id}, which is open`);
    case "refuse":
      return { outcome: "rejected", rejection: singletonOpen(holder) };
    case "replace":
      return planned(
        arrival,
        arrival.prepared.instance,
        `it would cancel ${holder.id} and take its place`,
      );
  }
}

function planGathered(
  arrival: Arrival,
  gathering: Gathering,
  holder: Instance | undefined,
  nowMs: number,
): SubmitResult {
  const { instance } = arrival.prepared;
  if (
    holder === undefined ||
    !isGathering(holder, nowMs) ||
    additionsFitting(holder, gathering, [instance]) === 0
  ) {
    const opened = openGathering([instance], gathering);
    return planned(arrival, opened, "it would open an instance that gathers more submissions");
  }
  const decision = decide(
    holder,
    { name: "amend", gathering, additions: [instance], actor: arrival.actor },
    { nowMs, retry: arrival.definition.spec.retry },
  );
  const amended = decision.outcome === "changed" ? decision.next : holder;
  return planned(arrival, amended, `it would become part of ${holder.id}: ${decision.reason}`);
}

function planned({ prepared }: Arrival, instance: Instance, note?: string): SubmitResult {
  const { receipt } = prepared;
  return { outcome: "planned", instance, receipt, ...(note === undefined ? {} : { note }) };
}
