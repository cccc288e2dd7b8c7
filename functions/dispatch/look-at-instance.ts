import { limits } from "../../shared/core/limits.ts";
import type { Effect, InstanceCommand } from "../../shared/instance/commands.ts";
import { decide } from "../../shared/instance/decide.ts";
import { inputBytesOf } from "../../shared/instance/input-bytes.ts";
import { type Attempt, type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import { isUnwatched } from "../../shared/instance/wake.ts";
import { pauseOfTask } from "../../shared/limit/gate-names.ts";
import type { AttemptSighting } from "../../shared/ports/backend.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import { type Receipt, waitsForCapacity } from "../../shared/routing/receipt.ts";
import { route } from "../../shared/routing/route.ts";
import { termsOf } from "../../shared/routing/terms.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import { attemptRef, backendOf } from "../runtime/backend-of.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import { definitionOf, loadInstance, saveInstance } from "../runtime/instances.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { startAttempt } from "./start-attempt.ts";
import { stopAttempt } from "./stop-attempt.ts";

/** Looks at each hinted instance and does what is due; one bad instance never holds up the others. */
export async function lookAtInstances(
  engine: RunningEngine,
  hints: readonly Hint[],
): Promise<readonly { readonly hint: Hint; readonly error: unknown }[]> {
  const settled = await Promise.allSettled(
    hints.map((hint) => lookAtInstance(engine, hint.tenant, hint.instanceId)),
  );
  return settled.flatMap((result, index) => {
    const hint = hints[index];
    return result.status === "rejected" && hint !== undefined
      ? [{ hint, error: result.reason }]
      : [];
  });
}

/**
 * Re-reads the instance and does the one thing that is due: end what is overdue, hold what is paused,
 * claim what is due, start what was claimed, stop what was cancelled. Harmless when repeated, late
 * or pointless.
 */
export async function lookAtInstance(
  engine: RunningEngine,
  tenant: string,
  instanceId: string,
): Promise<void> {
  let instance = await loadInstance(engine.store, tenant, instanceId);
  for (let tries = 0; tries < limits.casRetriesMax && instance !== undefined; tries++) {
    await stopIfCancelled(engine, instance);
    const definition = await definitionOf(engine, instance);
    const command = await commandDue(engine, instance, definition);
    if (command === undefined) {
      await startIfClaimed(engine, instance, definition);
      return;
    }
    const decision = decide(instance, command, {
      nowMs: engine.clock.now(),
      retry: definition.spec.retry,
    });
    if (decision.outcome !== "changed") return;
    const saved = await saveInstance(engine.store, instance, decision.next);
    if (saved.outcome === "lost") {
      instance = saved.current;
      continue;
    }
    engine.log.debug("instance changed", {
      instanceId,
      task: instance.task,
      from: instance.state,
      to: decision.next.state,
      version: decision.next.version,
      reason: decision.reason,
    });
    if (command.name === "hold" && command.waiting !== "capacity") {
      // The task may have been resumed before this hold could be found: look at it once more.
      instance = decision.next;
      continue;
    }
    await perform(engine, decision.next, definition, decision.effects);
    // A backend that says "queued" may have lost the order: where starting twice is harmless, do.
    if (command.name === "wake" && decision.next.state === "dispatched") {
      await startIfClaimed(engine, decision.next, definition);
    }
    await hintAgain(engine, decision.next);
    return;
  }
  if (instance !== undefined) engine.log.warn("look gave up after lost races", { instanceId });
}

/** The command that the clock and routing ask for, or undefined when nothing is to be decided. */
async function commandDue(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
): Promise<InstanceCommand | undefined> {
  const nowMs = engine.clock.now();
  const wake: InstanceCommand = { name: "wake", random: engine.random.next() };
  const woken = decide(instance, wake, { nowMs, retry: definition.spec.retry });
  if (woken.outcome === "changed") {
    const live = liveAttempt(instance);
    const asked = live !== undefined && (instance.state === "dispatched" || isUnwatched(live));
    if (!asked) return wake;
    return { ...wake, sighting: await sight(engine, instance, live) };
  }
  if (instance.state !== "pending" || nowMs < instance.dueAtMs) return undefined;
  const head = await engine.definitions.head(instance.tenant, instance.task);
  if (head?.paused !== undefined) return holdWhenNeeded(instance, nowMs);
  return claimOrReject(engine, instance, definition, nowMs);
}

function holdWhenNeeded(instance: Instance, nowMs: number): InstanceCommand | undefined {
  const alreadyHeld = instance.waiting === "paused" && (instance.wakeAtMs ?? 0) > nowMs;
  return alreadyHeld
    ? undefined
    : { name: "hold", reason: "the task is paused", waitingFor: pauseOfTask(instance.task) };
}

async function claimOrReject(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
  nowMs: number,
): Promise<InstanceCommand | undefined> {
  const { tenant, task } = instance;
  const { spec } = definition;
  const [facts, profile] = await Promise.all([
    engine.routing.facts(tenant),
    engine.routing.profile(tenant, task),
  ]);
  const inputBytes = inputBytesOf(instance);
  const receipt = route({ ...facts, spec, instance, inputBytes, profile, nowMs });
  const backend = facts.backends.find(({ name }) => name === receipt.chosen);
  if (backend === undefined) {
    if (waitsForCapacity(receipt)) return waitWhenNeeded(instance, receipt, nowMs);
    return {
      name: "reject",
      error: { class: "missing_function", message: `no backend can run this: ${receipt.reason}` },
    };
  }
  return {
    name: "claim",
    attemptId: engine.ids.newId("att", nowMs),
    token: engine.ids.newToken(),
    backend: backend.name,
    terms: termsOf(receipt, backend, spec, instance),
    receipt,
  };
}

/** Backends that take nothing now may do so later, so it is no failure; looks in between change nothing. */
function waitWhenNeeded(
  instance: Instance,
  receipt: Receipt,
  nowMs: number,
): InstanceCommand | undefined {
  const alreadyWaits = instance.waiting === "capacity" && (instance.wakeAtMs ?? 0) > nowMs;
  return alreadyWaits
    ? undefined
    : { name: "hold", waiting: "capacity", reason: `nothing takes it now: ${receipt.reason}` };
}

async function sight(
  engine: RunningEngine,
  instance: Instance,
  live: Attempt,
): Promise<AttemptSighting> {
  const backend = backendOf(engine, live);
  return backend === undefined ? "unknown" : backend.inspect(attemptRef(instance, live));
}

async function startIfClaimed(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
): Promise<void> {
  const live = liveAttempt(instance);
  if (instance.state !== "dispatched" || live === undefined) return;
  await startAttempt(engine, instance, live, definition);
}

/**
 * Whoever cancels only writes and hints: the function behind the API has no right to stop anything.
 * By the time of the look, a new round may have begun.
 */
async function stopIfCancelled(engine: RunningEngine, instance: Instance): Promise<void> {
  const last = instance.attempts.at(-1);
  if (last?.outcome === "cancelled") await stopAttempt(engine, instance, last);
}

async function perform(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
  effects: readonly Effect[],
): Promise<void> {
  for (const effect of effects) {
    if (effect.kind === "start") await startAttempt(engine, instance, effect.attempt, definition);
    else await stopAttempt(engine, instance, effect.attempt);
  }
}

/** Only for instances that went back to pending: what was started reports by itself. */
async function hintAgain(engine: RunningEngine, instance: Instance): Promise<void> {
  if (instance.state !== "pending") return;
  const hint = hintFor(instance, engine.clock.now());
  if (hint !== undefined) await engine.hints.send([hint]);
}
