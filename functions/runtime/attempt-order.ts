import { limits } from "../../shared/core/limits.ts";
import type { Attempt, Instance } from "../../shared/instance/instance.ts";
import { mayBeInterrupted } from "../../shared/instance/may-be-interrupted.ts";
import { timeoutMsOf } from "../../shared/instance/wake.ts";
import type { AttemptOrder, BackendCapabilities } from "../../shared/ports/backend.ts";
import type { TaskVersion } from "../../shared/task/task.ts";

/** What the route gave it, or else what its task asks for. */
function sizeOf(attempt: Attempt, { needs }: TaskVersion["spec"]) {
  // What a backend of one size gives is its own affair: it is noted only for the price.
  const granted = attempt.fixedSize === true ? needs : attempt;
  const memoryMb = granted.memoryMb ?? needs.memoryMb;
  const cpuCores = granted.cpuCores ?? needs.cpuCores;
  return {
    ...(memoryMb === undefined ? {} : { memoryMb }),
    ...(cpuCores === undefined ? {} : { cpuCores }),
    ...(needs.storageMb === undefined ? {} : { storageMb: needs.storageMb }),
  };
}

/** Everything that a backend or a worker needs to run this attempt. */
export function orderFor(
  instance: Instance,
  attempt: Attempt,
  definition: TaskVersion,
  { reportsStart }: Pick<BackendCapabilities, "reportsStart">,
  nowMs: number,
): AttemptOrder {
  const { spec } = definition;
  const endsAtMs = instance.deadlineAtMs ?? nowMs + limits.totalTimeoutSecondsMax * 1_000;
  const timeoutMs = Math.min(
    timeoutMsOf(instance, attempt),
    endsAtMs - nowMs,
    limits.attemptTimeoutSecondsMax * 1_000,
  );
  return {
    tenant: instance.tenant,
    instanceId: instance.id,
    attemptId: attempt.id,
    attempt: attempt.number,
    token: attempt.token,
    task: instance.task,
    taskVersion: instance.taskVersion,
    run: spec.run,
    priority: instance.priority,
    ...sizeOf(attempt, spec),
    ...(attempt.leaseSeconds === undefined ? {} : { leaseSeconds: attempt.leaseSeconds }),
    ...(mayBeInterrupted(instance, spec, attempt.number) ? { interruptible: true } : {}),
    ...(instance.trace === undefined ? {} : { trace: instance.trace }),
    ...(instance.group === undefined ? {} : { group: instance.group }),
    ...(instance.colour === undefined ? {} : { colour: instance.colour }),
    ...(instance.input === undefined ? {} : { input: instance.input }),
    ...(instance.inputRef === undefined ? {} : { inputRef: instance.inputRef }),
    ...(instance.config === undefined ? {} : { config: instance.config }),
    ...(instance.startByMs === undefined ? {} : { startByMs: instance.startByMs }),
    ...(attempt.pull === true ? { pool: attempt.backend } : {}),
    orderedAtMs: nowMs,
    timeoutMs: Math.max(1, timeoutMs),
    // Whoever reports the start counts the time from there: waiting in line must not use it up.
    deadlineAtMs: reportsStart ? endsAtMs : nowMs + Math.max(1, timeoutMs),
  };
}
