import { limits } from "../core/limits.ts";
import type { Finding } from "./audit.ts";
import { isHistoryCut } from "./audit-history.ts";
import type { Attempt, Instance } from "./instance.ts";

/** The attempts: one live at most, each with its own token, and results only from the last one. */
export function auditAttempts(instance: Instance): readonly Finding[] {
  return [...identities(instance), ...liveness(instance), ...result(instance)];
}

function identities(instance: Instance): readonly Finding[] {
  const { attempts, attemptCount } = instance;
  const findings: Finding[] = [];
  const add = (detail: string) => findings.push({ invariant: "I3 one live attempt", detail });
  if (new Set(attempts.map(({ id }) => id)).size < attempts.length) add("attempt ids repeat");
  if (new Set(attempts.map(({ token }) => token)).size < attempts.length) add("tokens repeat");
  const firstNumber = attemptCount - attempts.length + 1;
  if (firstNumber < 1 || (firstNumber > 1 && attempts.length < limits.attemptsKept)) {
    add(`${attempts.length} attempts are kept of ${attemptCount}`);
  }
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.number !== firstNumber + index) {
      add(`attempt ${attempt.number} stands at place ${firstNumber + index}`);
    }
    const earlierRound = attempts[index - 1]?.round ?? 1;
    if (attempt.round < earlierRound || attempt.round > instance.round) {
      add(`attempt ${attempt.number} is of round ${attempt.round} of ${instance.round}`);
    }
  }
  if (attempts.length > limits.attemptsKept) {
    findings.push({ invariant: "I29 bounds", detail: `${attempts.length} attempts are kept` });
  }
  const claims = instance.history.filter(
    ({ command, to }) => command === "claim" || (command === "submit" && to === "dispatched"),
  ).length;
  if (isHistoryCut(instance) ? claims > attemptCount : claims !== attemptCount) {
    add(`${attemptCount} attempts were counted, the history shows ${claims} claims`);
  }
  return findings;
}

function liveness(instance: Instance): readonly Finding[] {
  const { attempts, state } = instance;
  const last = attempts.at(-1);
  const live = attempts.filter(({ outcome }) => outcome === undefined);
  const findings: Finding[] = [];
  const add = (detail: string) => findings.push({ invariant: "I3 one live attempt", detail });
  const held = state === "dispatched" || state === "running";
  if (live.length !== (held ? 1 : 0)) add(`it is ${state} and has ${live.length} live attempts`);
  if (live.some((attempt) => attempt !== last)) add("an attempt that is not the last one is live");
  if (held && last?.round !== instance.round) add("the live attempt is of an earlier round");
  for (const attempt of attempts) {
    if ((attempt.outcome === undefined) !== (attempt.finishedAtMs === undefined)) {
      add(`attempt ${attempt.number} has outcome ${attempt.outcome} at ${attempt.finishedAtMs}`);
    }
    if (attempt.outcome === "succeeded" && !(state === "succeeded" && attempt === last)) {
      findings.push({
        invariant: "I4 fenced completion",
        detail: `attempt ${attempt.number} succeeded, but the instance is ${state}`,
      });
    }
  }
  return findings;
}

function result(instance: Instance): readonly Finding[] {
  const { state, output, error, attempts } = instance;
  const last = attempts.at(-1);
  const findings: Finding[] = [];
  const add = (detail: string) => findings.push({ invariant: "I4 fenced completion", detail });
  if (state === "succeeded" && !(last?.outcome === "succeeded" && last.round === instance.round)) {
    add("it succeeded, but its last attempt did not");
  }
  if (output !== undefined && state !== "succeeded") add(`it is ${state} and has an output`);
  const failed = state === "failed" || state === "timed_out";
  if (failed !== (error !== undefined)) add(`it is ${state} and its error is ${error?.class}`);
  const ending = instance.history.at(-1);
  if (failed && ending?.attempt !== undefined && !isErrorOf(last, ending.attempt, error)) {
    add(`its error is not the one of attempt ${ending.attempt}`);
  }
  return findings;
}

function isErrorOf(
  attempt: Attempt | undefined,
  number: number,
  error: Instance["error"],
): boolean {
  return (
    attempt?.number === number &&
    attempt.error?.class === error?.class &&
    attempt.error?.message === error?.message
  );
}
