import type { RouteSpec } from "../../shared/contract/http/route-spec.ts";
import { type OperationId, routes } from "../../shared/contract/http/routes.ts";
import { goodFunctionParts } from "./good-function-requests.ts";
import { goodPoolParts } from "./good-pool-requests.ts";
import { submit, type Yard } from "./yard.ts";

/** A request that the operation takes, in a yard that has the task "hello". */
export async function goodRequest(yard: Yard, id: OperationId) {
  const instanceId = await submit(yard, { task: "hello", delaySeconds: 60 });
  if (id === "retryInstance") await yard.call("POST", `/v1/instances/${instanceId}/cancel`);
  const route: RouteSpec = routes[id];
  const pool = await goodPoolParts(yard, id);
  const path = route.path
    .replace("{name}", "hello")
    .replace("{worker}", pool?.worker ?? "")
    .replace("{id}", pool?.id ?? instanceId);
  const bodies: Partial<Record<OperationId, unknown>> = {
    defineTask: { run: { function: { module: "other.mjs" } } },
    submitInstance: { task: "hello" },
    submitInstances: { items: [{ task: "hello" }] },
    lookupInstances: { ids: [instanceId] },
    purgeInstances: { before: "2026-11-20T09:00:00Z" },
  };
  const deployed = await goodFunctionParts(yard, id);
  const body = pool?.body ?? deployed?.body ?? bodies[id];
  return { method: route.method.toUpperCase(), path, ...(body === undefined ? {} : { body }) };
}
