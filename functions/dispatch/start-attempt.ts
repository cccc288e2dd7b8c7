import type { InstanceCommand } from "../../shared/instance/commands.ts";
import type { Attempt, AttemptError, Instance } from "../../shared/instance/instance.ts";
import type { AttemptOrder, Backend, StartOutcome } from "../../shared/ports/backend.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import { hintNextWaiters } from "../gates/next-waiters.ts";
import { orderFor } from "../runtime/attempt-order.ts";
import { backendOf } from "../runtime/backend-of.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import { applyCommand } from "../runtime/instances.ts";
import { withPayloadLinks } from "../runtime/payload-links.ts";
import { hintFor } from "../runtime/wake-hints.ts";

/**
 * Hands a claimed attempt to its backend. Where a repeated start would run twice, the attempt is
 * confirmed first: only the caller whose conditional write wins starts it, so a crash in between
 * loses the start (the wake brings a new attempt) instead of doubling it.
 */
export async function startAttempt(
  engine: RunningEngine,
  instance: Instance,
  attempt: Attempt,
  definition: TaskVersion,
): Promise<void> {
  const backend = backendOf(engine, attempt);
  if (backend === undefined) {
    await reportFailure(engine, instance, attempt, {
      class: "backend_fault",
      message: `this host has no backend "${attempt.backend}"`,
    });
    return;
  }
  const { capabilities } = backend;
  const plain = orderFor(instance, attempt, definition, capabilities, engine.clock.now());
  // Runners that hold a lease get the addresses of payloads when they ask for their order.
  const asksItself = capabilities.leaseSeconds !== undefined;
  const order = asksItself ? plain : await withPayloadLinks(engine.payloads, plain);
  if (!capabilities.startIsIdempotent) {
    const won = await confirm(engine, instance, attempt);
    if (!won) return;
  }
  const outcome = await start(backend, order);
  switch (outcome.outcome) {
    case "accepted":
      if (capabilities.startIsIdempotent && !capabilities.reportsStart) {
        await confirm(engine, instance, attempt, outcome.externalId);
      }
      return;
    case "refused":
      await reportFailure(engine, instance, attempt, outcome.error);
      return;
    case "unknown":
      engine.log.warn("start without answer; the wake decides", {
        instanceId: instance.id,
        attempt: attempt.number,
        backend: attempt.backend,
        cause: outcome.error.message,
      });
      return;
  }
}

/** A backend that throws has not said whether it started. */
async function start(backend: Backend, order: AttemptOrder): Promise<StartOutcome> {
  try {
    return await backend.start(order);
  } catch (error) {
    return {
      outcome: "unknown",
      error: {
        class: "backend_fault",
        message: error instanceof Error ? error.message : String(error),
      },
    };
  }
}

async function confirm(
  engine: RunningEngine,
  instance: Instance,
  attempt: Attempt,
  externalId?: string,
): Promise<boolean> {
  const command = (): InstanceCommand => ({
    name: "confirm",
    attemptId: attempt.id,
    token: attempt.token,
    startedAtMs: engine.clock.now(),
    ...(externalId === undefined ? {} : { externalId }),
  });
  const applied = await applyCommand(engine, instance.tenant, instance.id, command, [], instance);
  return applied.outcome === "changed";
}

async function reportFailure(
  engine: RunningEngine,
  instance: Instance,
  attempt: Attempt,
  error: AttemptError,
): Promise<void> {
  const applied = await applyCommand(
    engine,
    instance.tenant,
    instance.id,
    (): InstanceCommand => ({
      name: "fail",
      attemptId: attempt.id,
      token: attempt.token,
      error,
      random: engine.random.next(),
    }),
  );
  if (applied.outcome !== "changed") return;
  const hint = hintFor(applied.instance, engine.clock.now());
  if (hint !== undefined) await engine.hints.send([hint]);
  await hintNextWaiters(engine, instance.tenant, applied.freed);
}
