import type { BeginRequest, WorkOrder } from "../../shared/contract/http/work.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import { isTooLateToStart } from "../../shared/instance/wake.ts";
import { recordReports } from "../reports/record-reports.ts";
import type { Engine } from "../runtime/engine.ts";
import { applyCommand, loadInstance } from "../runtime/instances.ts";
import { instanceNotFound } from "../runtime/result.ts";
import { contended } from "./pool-records.ts";
import { codelessReport, workOrderOf } from "./work-order.ts";

/**
 * Gives a container the order of the attempt that it was started for. The first runner to ask has the
 * attempt: for any other, such as one started twice, there is nothing to do.
 */
export async function beginAttempt(
  { engine }: { readonly engine: Engine },
  tenant: string,
  attemptId: string,
  { instanceId, runner }: BeginRequest,
): Promise<WorkOrder> {
  const instance = await loadInstance(engine.store, tenant, instanceId);
  if (instance === undefined) throw new RejectionError(instanceNotFound(instanceId));
  const reason = reasonToRefuse(instance, attemptId, engine.clock.now());
  if (reason !== undefined) throw notCurrent(reason);
  const applied = await applyCommand(
    engine,
    tenant,
    instanceId,
    (present) => ({
      name: "confirm",
      attemptId,
      token: liveAttempt(present)?.token ?? "",
      startedAtMs: engine.clock.now(),
      externalId: runner,
    }),
    [],
    instance,
  );
  switch (applied.outcome) {
    case "changed":
    case "unchanged":
      return orderOf(engine, applied.instance);
    case "missing":
      throw new RejectionError(instanceNotFound(instanceId));
    case "contended":
      throw new RejectionError(contended(`the instance ${instanceId}`));
    case "rejected":
      throw notCurrent(applied.decision.reason);
  }
}

function reasonToRefuse(instance: Instance, attemptId: string, nowMs: number): string | undefined {
  const live = liveAttempt(instance);
  if (live?.id !== attemptId) return "the attempt was replaced or is finished";
  if (live.pull === true) return `the attempt waits for a worker of the pool ${live.backend}`;
  if (instance.state === "dispatched" && isTooLateToStart(instance, nowMs)) {
    return "its last moment to start has passed";
  }
  return nowMs >= (instance.deadlineAtMs ?? Infinity) ? "its total time is over" : undefined;
}

async function orderOf(engine: Engine, instance: Instance): Promise<WorkOrder> {
  const attempt = liveAttempt(instance);
  if (attempt === undefined) throw notCurrent("the attempt is finished");
  const order = await workOrderOf(engine, { instance, attempt });
  if (order !== undefined) return order;
  await recordReports(engine, [codelessReport({ instance, attempt })]);
  throw notCurrent("the deployed function it runs is not there");
}

function notCurrent(reason: string): RejectionError {
  return new RejectionError({
    code: "attempt_not_current",
    detail: reason,
    suggestion: "end the container: there is nothing for it to do",
  });
}
