import type { Attempt, Instance } from "../../shared/instance/instance.ts";
import { attemptRef, backendOf } from "../runtime/backend-of.ts";
import type { RunningEngine } from "../runtime/engine.ts";

/** Asks the backend to end an attempt that no longer counts. Best effort: fencing makes it harmless. */
export async function stopAttempt(
  engine: Pick<RunningEngine, "backends" | "pools" | "log">,
  instance: Instance,
  attempt: Attempt,
): Promise<void> {
  const backend = backendOf(engine, attempt);
  if (backend === undefined) return;
  try {
    await backend.stop(attemptRef(instance, attempt));
  } catch (error) {
    engine.log.warn("attempt could not be stopped; its report will be refused", {
      instanceId: instance.id,
      attempt: attempt.number,
      backend: attempt.backend,
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}
