import { explainGates } from "../../shared/instance/explain-gates.ts";
import type { ExplainedGateKind } from "../../shared/instance/explained-gate.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Engine } from "../runtime/engine.ts";
import { gateReadings } from "./gate-readings.ts";

const told: ReadonlySet<ExplainedGateKind> = new Set([
  "pause",
  "slots",
  "rate",
  "budget",
  "approval",
]);

/** Where an instance that is not submitted yet would wait now, in a sentence; undefined if nowhere. */
export async function noteOfGates(engine: Engine, instance: Instance): Promise<string | undefined> {
  const gates = explainGates(instance, await gateReadings(engine, instance));
  const here = gates.find(({ state }) => state === "waiting");
  return here === undefined || !told.has(here.kind) ? undefined : `it would wait: ${here.summary}`;
}
