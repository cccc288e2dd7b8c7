import type { Attempt, Instance } from "../../shared/instance/instance.ts";
import type { AttemptRef, Backend } from "../../shared/ports/backend.ts";
import type { RunningEngine } from "./engine.ts";

/** The backend that has an attempt: pools share one, whatever their names; undefined where there is none. */
export function backendOf(
  { backends, pools }: Pick<RunningEngine, "backends" | "pools">,
  attempt: Attempt,
): Backend | undefined {
  return attempt.pull === true ? pools : backends.get(attempt.backend);
}

/** How a backend is asked about an attempt. */
export function attemptRef(
  { tenant, id }: Pick<Instance, "tenant" | "id">,
  attempt: Attempt,
): AttemptRef {
  return {
    tenant,
    instanceId: id,
    attemptId: attempt.id,
    ...(attempt.externalId === undefined ? {} : { externalId: attempt.externalId }),
    ...(attempt.pull === true ? { pool: attempt.backend } : {}),
  };
}
