import { limits } from "../core/limits.ts";
import { utf8Bytes } from "../core/texts.ts";
import type { TaskVersion } from "../task/task.ts";
import { auditAttempts } from "./audit-attempts.ts";
import { auditBudgets } from "./audit-budgets.ts";
import { auditGates } from "./audit-gates.ts";
import { auditHistory } from "./audit-history.ts";
import { auditTimes } from "./audit-times.ts";
import type { Instance } from "./instance.ts";
import { isTerminal } from "./moves.ts";

/** A rule of the lifecycle that a stored instance breaks, and how. */
export interface Finding {
  readonly invariant: string;
  readonly detail: string;
}

/**
 * Checks one stored instance against the lifecycle: everything that can be seen from the record
 * alone. An empty answer is the only good one. With the task's definition, budgets are checked too.
 */
export function auditInstance(instance: Instance, definition?: TaskVersion): readonly Finding[] {
  return [
    ...auditHistory(instance),
    ...auditAttempts(instance),
    ...auditBudgets(instance, definition),
    ...auditTimes(instance),
    ...auditGates(instance),
    ...auditShape(instance),
  ];
}

function auditShape(instance: Instance): readonly Finding[] {
  const findings: Finding[] = [];
  const { state, waiting, wakeAtMs, finishedAtMs } = instance;
  const terminal = isTerminal(state);
  if (terminal !== (wakeAtMs === undefined)) {
    findings.push({
      invariant: "I28 progress",
      detail: `it is ${state} and ${wakeAtMs === undefined ? "has no" : "still has a"} wake-up time`,
    });
  }
  if (terminal !== (finishedAtMs !== undefined)) {
    findings.push({
      invariant: "I2 terminal once",
      detail: `it is ${state} and finishedAtMs is ${finishedAtMs}`,
    });
  }
  if ((state === "pending") !== (waiting !== undefined)) {
    findings.push({
      invariant: "I28 progress",
      detail: `it is ${state} and waits for ${waiting ?? "nothing"}`,
    });
  }
  const bytes = utf8Bytes(JSON.stringify(instance));
  if (bytes > limits.recordBytesMax) {
    findings.push({
      invariant: "I29 bounds",
      detail: `the record has ${bytes} bytes, at most ${limits.recordBytesMax} are allowed`,
    });
  }
  return findings;
}
