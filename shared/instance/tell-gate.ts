import type { Told } from "./explain.ts";
import { type ExplainedGate, type ExplainedGateKind, timeText } from "./explained-gate.ts";
import type { Instance } from "./instance.ts";

/** How the sentence about each kind of gate begins; times and backends are told with more detail. */
const waitsFor: Partial<Record<ExplainedGateKind, string>> = {
  gathering: "It waits for more submissions",
  pause: "It waits because of a pause",
  slots: "It waits for a slot",
  rate: "It waits for its turn to start",
  budget: "It waits for money",
  approval: "It waits for approval",
};

const holdersTold = 5;

/** Says that a pending instance waits at this gate, and for what; undefined for gates told elsewhere. */
export function tellGate(instance: Instance, gate: ExplainedGate): Told | undefined {
  const { kind, summary, holders = [], held = 0, estimate, releases } = gate;
  const waits = waitsFor[kind];
  if (waits === undefined) return undefined;
  const told = holders.slice(0, holdersTold);
  return {
    summary: `${waits}: ${summary}.`,
    facts: [
      ...told.map(
        ({ instanceId, sinceMs }) => `${instanceId} holds a slot since ${timeText(sinceMs)}`,
      ),
      ...(held > told.length ? [`${held - told.length} more are held`] : []),
      ...(estimate === undefined
        ? []
        : [`it goes at about ${timeText(Math.ceil(estimate.atMs))}: ${estimate.basis}`]),
      ...releases.map(({ action, role }) => `${article[role]} can ${action}`),
    ],
    ...(instance.wakeAtMs === undefined
      ? {}
      : { nextAtMs: instance.wakeAtMs, nextStep: nextStepOf[kind] ?? "it is looked at again" }),
  };
}

const article = { operator: "an operator", admin: "an admin" } as const;

const nextStepOf: Partial<Record<ExplainedGateKind, string>> = {
  gathering: "it starts, unless further submissions move that",
  slots: "it is looked at again, if nobody gives a slot back before",
};
