import { RejectionError } from "../../shared/core/errors.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { hintNextWaiters } from "../gates/next-waiters.ts";
import type { Engine } from "../runtime/engine.ts";
import { type Applied, applyCommand } from "../runtime/instances.ts";
import { instanceNotFound } from "../runtime/result.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { lockForRetry } from "./gather/lock-for-retry.ts";

/**
 * Cancels an instance. Only the record is changed here: whoever follows the hint asks the backend to
 * stop the attempt, which by then can change nothing any more.
 */
export async function cancelInstance(
  engine: Engine,
  { tenant, actor }: TenantContext,
  id: string,
  reason: string | undefined,
): Promise<Instance> {
  const applied = await applyCommand(engine, tenant, id, () => ({
    name: "cancel",
    actor,
    ...(reason === undefined ? {} : { reason }),
  }));
  const instance = accepted(applied, id);
  if (applied.outcome === "changed") await hintNextWaiters(engine, tenant, applied.freed);
  // Also for a repeated cancellation: the hint of the first one may have been lost.
  if (instance.attempts.at(-1)?.outcome === "cancelled") {
    await engine.hints.send([{ tenant, instanceId: id, priority: instance.priority }]);
  }
  return instance;
}

/** Lets an instance pass an exhausted budget. */
export async function approveInstance(
  engine: Engine,
  { tenant, actor }: TenantContext,
  id: string,
  reason: string | undefined,
): Promise<Instance> {
  const applied = await applyCommand(engine, tenant, id, () => ({
    name: "approve",
    actor,
    ...(reason === undefined ? {} : { reason }),
  }));
  const instance = accepted(applied, id);
  // Also when it is repeated, and also for long chains of attempts: somebody waits for it.
  if (instance.state === "pending") {
    await engine.hints.send([{ tenant, instanceId: id, priority: instance.priority }]);
  }
  return instance;
}

/** Starts a new round of a finished instance. */
export async function retryInstance(
  engine: Engine,
  { tenant, actor }: TenantContext,
  id: string,
  reason: string | undefined,
): Promise<Instance> {
  const applied = await applyCommand(
    engine,
    tenant,
    id,
    () => ({ name: "retry", actor, ...(reason === undefined ? {} : { reason }) }),
    await lockForRetry(engine, tenant, id),
  );
  const instance = accepted(applied, id);
  const hint = hintFor(instance, engine.clock.now());
  if (hint !== undefined) await engine.hints.send([hint]);
  return instance;
}

function accepted(applied: Applied, id: string): Instance {
  switch (applied.outcome) {
    case "changed":
    case "unchanged":
      return applied.instance;
    case "missing":
      throw new RejectionError(instanceNotFound(id));
    case "contended":
      throw new RejectionError({
        code: "conflict",
        detail: `others keep changing the instance ${id}; nothing was changed`,
        suggestion: "try again",
      });
    case "rejected":
      throw new RejectionError({
        code: applied.decision.code,
        detail: applied.decision.reason,
        suggestion: `GET /v1/instances/${id}/why says what is possible now`,
      });
  }
}
