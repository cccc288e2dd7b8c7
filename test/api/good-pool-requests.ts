import { applyCommand } from "../../functions/runtime/instances.ts";
import type { OperationId } from "../../shared/contract/http/routes.ts";
import { definePool, lease, liveOf, putInLine, register } from "./pool-yard.ts";
import { admin, submit, type Yard } from "./yard.ts";

const poolOperations: readonly OperationId[] = [
  "definePool",
  "listPools",
  "getPool",
  "deletePool",
  "listWorkers",
  "registerWorker",
  "drainWorker",
  "removeWorker",
  "leaseWork",
  "beginAttempt",
  "beatAttempt",
  "completeAttempt",
];

/** What a path and a body of these operations need, in a yard where there is such a thing. */
export async function goodPoolParts(
  yard: Yard,
  id: OperationId,
): Promise<{ readonly worker?: string; readonly id?: string; readonly body?: object } | undefined> {
  if (!poolOperations.includes(id)) return undefined;
  await definePool(yard, "hello");
  await register(yard, "hello", "w1");
  const worker = "w1";
  switch (id) {
    case "definePool":
      return { body: { type: "edge", labels: { site: "tokyo" } } };
    case "registerWorker":
      return { worker, body: { slots: 2 } };
    case "leaseWork":
      return { body: { worker, slots: 2 } };
    case "beginAttempt":
      return beginnable(yard);
    case "beatAttempt":
    case "completeAttempt": {
      await putInLine(yard, "hello");
      const [order] = await lease(yard, "hello", worker);
      const { instanceId, attemptId, token } = order ?? { instanceId: "", attemptId: "" };
      const outcome = id === "completeAttempt" ? { outcome: "succeeded", output: 1 } : {};
      return { id: attemptId, body: { instanceId, token, ...outcome } };
    }
    default:
      return { worker };
  }
}

/** An attempt on a backend that starts containers. */
async function beginnable(yard: Yard) {
  const instanceId = await submit(yard, { task: "hello", delaySeconds: 0.001 });
  yard.now += 1;
  await applyCommand(yard.engine, admin.tenant, instanceId, () => ({
    name: "claim",
    attemptId: yard.engine.ids.newId("att", yard.now),
    token: yard.engine.ids.newToken(),
    backend: "fargate",
    terms: { leaseSeconds: 30 },
  }));
  const { id } = await liveOf(yard, instanceId);
  return { id, body: { instanceId, runner: "task-1" } };
}
