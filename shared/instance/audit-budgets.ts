import { limits } from "../core/limits.ts";
import type { TaskVersion } from "../task/task.ts";
import type { Finding } from "./audit.ts";
import { errorClasses } from "./error-classes.ts";
import type { Attempt, Instance } from "./instance.ts";
import { isTerminal } from "./moves.ts";

/** The two retry budgets: what was charged, and that neither is overdrawn. */
export function auditBudgets(instance: Instance, definition?: TaskVersion): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (detail: string) => findings.push({ invariant: "I5 retry budget", detail });
  const { taskFailures, infraFailures } = instance;
  const ofRound = instance.attempts.filter(({ round }) => round === instance.round);
  // Only a whole round can be recounted; the limits are such that one always fits.
  if (ofRound.length < limits.attemptsKept) {
    const task = ofRound.filter((attempt) => budgetOf(attempt) === "task").length;
    const infra = ofRound.filter((attempt) => budgetOf(attempt) === "infrastructure").length;
    if (taskFailures > task || taskFailures < task - attemptsCutShort(instance)) {
      add(`${taskFailures} task failures are counted, there were ${task}`);
    }
    if (infra !== infraFailures) {
      add(`${infraFailures} infrastructure failures are counted, there were ${infra}`);
    }
  }
  // The failure that ends the instance is the one beyond the budget.
  const infraMax = limits.infraFailuresMax + (isTerminal(instance.state) ? 1 : 0);
  if (infraFailures > infraMax) {
    add(`${infraFailures} infrastructure failures, at most ${infraMax} are allowed`);
  }
  if (definition === undefined) return findings;
  const { maxAttempts } = definition.spec.retry;
  const taskMax = maxAttempts - (isTerminal(instance.state) ? 0 : 1);
  if (taskFailures > taskMax) {
    add(`${taskFailures} task failures, at most ${taskMax} are allowed while ${instance.state}`);
  }
  if (ofRound.length > maxAttempts + infraFailures) {
    add(
      `${ofRound.length} attempts were granted, at most ${maxAttempts} and one for each of ` +
        `${infraFailures} infrastructure failures are allowed`,
    );
  }
  return findings;
}

function budgetOf({ error }: Attempt): "task" | "infrastructure" | undefined {
  return error === undefined ? undefined : errorClasses[error.class].budget;
}

/** An attempt that the instance's total time cut short is charged to neither budget. */
function attemptsCutShort({ state, finishedAtMs = 0, deadlineAtMs = Infinity }: Instance): 0 | 1 {
  return state === "timed_out" && finishedAtMs >= deadlineAtMs ? 1 : 0;
}
