import type { OperationId } from "../../shared/contract/http/routes.ts";
import type { Yard } from "./yard.ts";

const ofLimits: readonly OperationId[] = ["getLimit", "deleteLimit", "listLimitHolders"];
const ofGroups: readonly OperationId[] = ["pauseGroup", "resumeGroup"];

/** Makes what a request about limits and pauses needs, and answers its body, if it has one. */
export async function goodLimitParts(
  yard: Yard,
  id: OperationId,
): Promise<{ readonly body?: unknown } | undefined> {
  if (id === "defineLimit") return { body: { concurrency: 3 } };
  if (ofLimits.includes(id))
    await yard.call("PUT", "/v1/limits/hello", { body: { concurrency: 3 } });
  if (ofGroups.includes(id)) await yard.call("PUT", "/v1/groups/hello", { body: {} });
  return undefined;
}
