import type { GateKind } from "../limit/gate-names.ts";
import type { Finding } from "./audit.ts";
import type { Attempt, Instance, WaitingReason } from "./instance.ts";
import { isTerminal } from "./moves.ts";

/** At which kinds of gates it waits, where it waits for one. */
const kindsOf: Partial<Record<WaitingReason, readonly GateKind[]>> = {
  paused: ["pause"],
  limit: ["slots", "rate"],
  budget: ["budget"],
  approval: ["approval"],
};

/** The gates: whoever waits at one stands in its line, and nobody else does; nothing is held twice. */
export function auditGates(instance: Instance): readonly Finding[] {
  const { waiting, waitingFor } = instance;
  const findings: Finding[] = [];
  const kinds = (waiting === undefined ? undefined : kindsOf[waiting]) ?? [];
  const [kind] = waitingFor?.split(":") ?? [];
  // Whoever was held before there were groups to pause is held by its task.
  const isOfTask = waiting === "paused" && waitingFor === undefined;
  const isInLine = isOfTask || kinds.some((known) => known === kind);
  if ((kinds.length > 0 || waitingFor !== undefined) && !isInLine && !isTerminal(instance.state)) {
    findings.push({
      invariant: "I28 progress",
      detail: `it waits because of ${waiting ?? "nothing"}, in the line ${waitingFor ?? "of nothing"}`,
    });
  }
  for (const attempt of instance.attempts) findings.push(...heldOnce(attempt));
  return findings;
}

function heldOnce({ number, held }: Attempt): readonly Finding[] {
  const gates = held?.slots?.map(({ gate }) => gate) ?? [];
  const budgets = held?.budgets?.map(({ budget }) => budget) ?? [];
  if (new Set(gates).size === gates.length && new Set(budgets).size === budgets.length) return [];
  const detail = `attempt ${number} holds something twice: ${[...gates, ...budgets].join(", ")}`;
  return [{ invariant: "I6 slots", detail }];
}
