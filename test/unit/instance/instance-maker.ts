import type * as z from "zod";
import type { DecisionContext, InstanceCommand } from "../../../shared/instance/commands.ts";
import { decide } from "../../../shared/instance/decide.ts";
import { type Attempt, type Instance, liveAttempt } from "../../../shared/instance/instance.ts";
import type { InstanceState } from "../../../shared/instance/moves.ts";
import { openInstance } from "../../../shared/instance/open-instance.ts";
import { Submission } from "../../../shared/instance/submission.ts";
import { TaskSpec, type TaskVersion } from "../../../shared/task/task.ts";

/** The instant at which the instances of these tests are submitted. */
export const submittedAtMs = Date.UTC(2026, 10, 20, 9, 0, 0);

/** A definition of the task "job"; what is not said has its default, without jitter. */
export function definitionOf(spec: Partial<z.input<typeof TaskSpec>> = {}): TaskVersion {
  return {
    tenant: "acme",
    name: "job",
    taskVersion: 1,
    spec: TaskSpec.parse({
      run: { function: { module: "job.mjs" } },
      ...spec,
      retry: { jitter: false, ...spec.retry },
    }),
    fingerprint: "f",
    createdAtMs: submittedAtMs,
    createdBy: "maker",
  };
}

export function openedBy(
  definition: TaskVersion,
  submission: Partial<z.input<typeof Submission>> = {},
): Instance {
  const opening = openInstance({
    id: "ins_1",
    nowMs: submittedAtMs,
    tenant: "acme",
    actor: "submitter",
    definition,
    submission: Submission.parse({ task: "job", ...submission }),
    fingerprint: "content",
  });
  if (opening.outcome !== "opened") throw new Error(opening.rejection.detail);
  return opening.instance;
}

export function contextOf(definition: TaskVersion, nowMs: number): DecisionContext {
  return { nowMs, retry: definition.spec.retry };
}

/** The instance after a command that must be accepted. */
export function afterwards(
  instance: Instance,
  command: InstanceCommand,
  nowMs: number,
  definition: TaskVersion,
): Instance {
  const decision = decide(instance, command, contextOf(definition, nowMs));
  if (decision.outcome !== "changed") {
    throw new Error(
      `${command.name} on ${instance.state}: ${decision.outcome}, ${decision.reason}`,
    );
  }
  return decision.next;
}

export function claim(number: number): Extract<InstanceCommand, { name: "claim" }> {
  return { name: "claim", attemptId: `att_${number}`, token: `tok_${number}`, backend: "local" };
}

/** What the live attempt shows with everything it says. */
export function credentialOf(instance: Instance): {
  readonly attemptId: string;
  readonly token: string;
} {
  const live = liveOf(instance);
  return { attemptId: live.id, token: live.token };
}

export function liveOf(instance: Instance): Attempt {
  const live = liveAttempt(instance);
  if (live === undefined) throw new Error(`${instance.id} has no live attempt`);
  return live;
}

export const failure = { class: "error", message: "no" } as const;

/** An instance in each state, brought there by commands; all of them have a deadline. */
export function inEachState(definition: TaskVersion): Readonly<Record<InstanceState, Instance>> {
  const atMs = submittedAtMs;
  const startBy = new Date(atMs + 60_000).toISOString();
  const pending = openedBy(definition, { startBy });
  const dispatched = afterwards(pending, claim(1), atMs, definition);
  const from = credentialOf(dispatched);
  const running = afterwards(
    dispatched,
    { name: "confirm", ...from, startedAtMs: atMs + 10 },
    atMs + 20,
    definition,
  );
  const final = { ...failure, retryable: false };
  return {
    pending,
    dispatched,
    running,
    succeeded: afterwards(running, { name: "succeed", ...from, output: 1 }, atMs + 50, definition),
    failed: afterwards(
      running,
      { name: "fail", ...from, error: final, random: 0 },
      atMs + 50,
      definition,
    ),
    cancelled: afterwards(running, { name: "cancel", actor: "someone" }, atMs + 50, definition),
    timed_out: afterwards(
      running,
      { name: "wake", random: 0 },
      pending.deadlineAtMs ?? 0,
      definition,
    ),
    expired: afterwards(pending, { name: "wake", random: 0 }, atMs + 60_000, definition),
  };
}
