import { applyCommand } from "../../functions/runtime/instances.ts";
import type { OperationId } from "../../shared/contract/http/routes.ts";
import { admin, submit, type Yard } from "./yard.ts";

const groupOperations: readonly OperationId[] = [
  "defineGroup",
  "listGroups",
  "getGroup",
  "deleteGroup",
];

/** What a path and a body of these operations need, in a yard where there is such a thing. */
export async function goodGroupParts(
  yard: Yard,
  id: OperationId,
): Promise<{ readonly id?: string; readonly body?: object } | undefined> {
  if (groupOperations.includes(id)) {
    await yard.call("PUT", "/v1/groups/hello", { body: { concurrency: 3 } });
    return id === "defineGroup" ? { body: { concurrency: 2 } } : {};
  }
  switch (id) {
    case "putTenant":
      return { body: { submissionsPerMinute: 100 } };
    case "getBudget":
      await yard.call("PUT", "/v1/tenant", { body: { budget: { usdPerDay: 1 } } });
      return {};
    case "approveInstance":
      return { id: await waitingForApproval(yard) };
    default:
      return undefined;
  }
}

async function waitingForApproval(yard: Yard): Promise<string> {
  const instanceId = await submit(yard, { task: "hello", delaySeconds: 60 });
  await applyCommand(yard.engine, admin.tenant, instanceId, () => ({
    name: "hold",
    waiting: "approval",
    waitingFor: "approval:tenant",
    reason: "over the tenant's budget",
  }));
  return instanceId;
}
