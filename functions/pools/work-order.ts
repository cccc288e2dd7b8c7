import { invocationEnvelope } from "../../shared/contract/envelope.ts";
import { isoTime } from "../../shared/contract/http/iso-time.ts";
import type { WorkOrder } from "../../shared/contract/http/work.ts";
import { limits } from "../../shared/core/limits.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import { orderFor } from "../runtime/attempt-order.ts";
import { packageOrderOf } from "../runtime/deployed-functions.ts";
import type { Engine } from "../runtime/engine.ts";
import { definitionOf } from "../runtime/instances.ts";
import { withPayloadLinks } from "../runtime/payload-links.ts";
import type { AttemptInHand } from "./held-attempts.ts";

/** Undefined when the attempt's code cannot be found, which no worker can mend. */
export async function workOrderOf(
  engine: Engine,
  { instance, attempt }: AttemptInHand,
): Promise<WorkOrder | undefined> {
  const definition = await definitionOf(engine, instance);
  const startedAtMs = attempt.startedAtMs ?? engine.clock.now();
  // Counted from its start, so that asking again gives the same order.
  const plain = orderFor(instance, attempt, definition, { reportsStart: false }, startedAtMs);
  const order = await withPayloadLinks(engine.payloads, plain);
  const target = order.run.package;
  const found =
    target === undefined
      ? undefined
      : await packageOrderOf(
          { store: engine.store, payloads: engine.payloads },
          instance.tenant,
          target,
        );
  const { function: module, container, command } = order.run;
  const hasOther = module !== undefined || container !== undefined || command !== undefined;
  if (target !== undefined && found === undefined && !hasOther) return undefined;
  return {
    instanceId: order.instanceId,
    attemptId: order.attemptId,
    attempt: order.attempt,
    token: order.token,
    task: order.task,
    taskVersion: order.taskVersion,
    run: order.run,
    ...(found === undefined ? {} : { package: found }),
    ...(order.memoryMb === undefined ? {} : { memoryMb: order.memoryMb }),
    ...(order.cpuCores === undefined ? {} : { cpuCores: order.cpuCores }),
    envelope: invocationEnvelope(order),
    timeoutMs: order.timeoutMs,
    deadlineAt: isoTime(order.deadlineAtMs),
    leaseSeconds: attempt.leaseSeconds ?? limits.leaseSecondsDefault,
  };
}

/** Ends an attempt whose code is not there. */
export function codelessReport({ instance, attempt }: AttemptInHand): AttemptReport {
  return {
    kind: "failed",
    tenant: instance.tenant,
    instanceId: instance.id,
    attemptId: attempt.id,
    token: attempt.token,
    error: { class: "missing_function", message: "the deployed function it runs is not there" },
  };
}
