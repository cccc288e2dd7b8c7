import { keys } from "../../shared/contract/keys.ts";
import { type Attempt, type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import type { HeldAttempt, Worker } from "../../shared/pool/pool.ts";
import type { Store } from "../../shared/ports/store.ts";
import { recordReports } from "../reports/record-reports.ts";
import type { Engine } from "../runtime/engine.ts";
import { applyCommand } from "../runtime/instances.ts";

/** An attempt with its instance, as they were just read or written. */
export interface AttemptInHand {
  readonly instance: Instance;
  readonly attempt: Attempt;
}

/** Which of these attempts this worker really has: confirmed for it, and not over. */
export async function attemptsHeldBy(
  store: Store,
  { tenant, id, pool }: Pick<Worker, "tenant" | "id" | "pool">,
  held: readonly HeldAttempt[],
): Promise<readonly AttemptInHand[]> {
  if (held.length === 0) return [];
  const records = await store.getMany(
    held.map(({ instanceId }) => keys.instance(tenant, instanceId)),
  );
  return records.flatMap((record, place) => {
    const instance = record?.body as Instance | undefined;
    const attempt = instance === undefined ? undefined : liveAttempt(instance);
    if (instance?.state !== "running" || attempt === undefined) return [];
    if (attempt.id !== held[place]?.attemptId) return [];
    if (attempt.backend !== pool || attempt.externalId !== id) return [];
    return [{ instance, attempt }];
  });
}

/** Ends attempts that their worker no longer has, so that they are tried again elsewhere at once. */
export async function reportLost(
  engine: Engine,
  lost: readonly AttemptInHand[],
  message: string,
): Promise<void> {
  if (lost.length === 0) return;
  await recordReports(
    engine,
    lost.map(({ instance, attempt }) => ({
      kind: "failed",
      tenant: instance.tenant,
      instanceId: instance.id,
      attemptId: attempt.id,
      token: attempt.token,
      error: { class: "worker_lost", message },
    })),
  );
  engine.log.info("attempts given up before their lease ended", { count: lost.length, message });
}

/**
 * Marks an attempt as handed out a second time: its lease starts anew, and the sign of life tells
 * that it must not be handed out a third time. Undefined when it is not the worker's any more.
 */
export async function handOutAgain(
  engine: Engine,
  { instance, attempt }: AttemptInHand,
): Promise<AttemptInHand | undefined> {
  const atMs = engine.clock.now();
  const { id: attemptId, token } = attempt;
  const applied = await applyCommand(
    engine,
    instance.tenant,
    instance.id,
    () => ({ name: "heartbeat", attemptId, token, atMs }),
    [],
    instance,
  );
  if (applied.outcome !== "changed") return undefined;
  const again = liveAttempt(applied.instance);
  return again === undefined ? undefined : { instance: applied.instance, attempt: again };
}

export function heldOf({ instance, attempt }: AttemptInHand): HeldAttempt {
  return { instanceId: instance.id, attemptId: attempt.id };
}
