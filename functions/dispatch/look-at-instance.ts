import { limits } from "../../shared/core/limits.ts";
import type { Effect, InstanceCommand } from "../../shared/instance/commands.ts";
import { decide } from "../../shared/instance/decide.ts";
import { type Attempt, type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import { isUnwatched } from "../../shared/instance/wake.ts";
import { gatesOf } from "../../shared/limit/gates-of.ts";
import type { AttemptSighting } from "../../shared/ports/backend.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { TaskVersion } from "../../shared/task/task.ts";
import { hintNextWaiters } from "../gates/next-waiters.ts";
import { attemptRef, backendOf } from "../runtime/backend-of.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import { definitionOf, loadInstance, saveInstance } from "../runtime/instances.ts";
import { turnOfGate } from "../runtime/turns.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { claimDue, type Due } from "./claim-due.ts";
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
 * Re-reads the instance and does the one thing that is due: end what is overdue, hold what is paused
 * or must wait in line, claim what is due, start what was claimed, stop what was cancelled. Harmless
 * when repeated, late or pointless.
 */
export async function lookAtInstance(
  engine: RunningEngine,
  tenant: string,
  instanceId: string,
): Promise<void> {
  await look(engine, tenant, instanceId, true);
}

/**
 * `servesLine`: where there is room at a gate for others that are better placed, these are looked at
 * first. So a line moves whoever of it is looked at, even where no hint can be sent.
 */
async function look(
  engine: RunningEngine,
  tenant: string,
  instanceId: string,
  servesLine: boolean,
): Promise<void> {
  let instance = await loadInstance(engine.store, tenant, instanceId);
  let mayServe = servesLine;
  let heldNow = false;
  let gateTries = 0;
  for (let tries = 0; tries < limits.casRetriesMax && instance !== undefined; tries++) {
    await stopIfCancelled(engine, instance);
    const definition = await definitionOf(engine, instance);
    const step = await stepInTurn(engine, instance, definition, mayServe);
    if (step.outcome === "overtaken") return;
    if (step.outcome === "others") {
      mayServe = false;
      for (const id of step.before) await look(engine, tenant, id, false);
      instance = await loadInstance(engine.store, tenant, instanceId);
      continue;
    }
    if (step.outcome === "lost") {
      const isSame = step.current?.version === instance.version;
      // Nobody changed it: it was its gates that changed, as they do all the time.
      if (isSame && gateTries++ < limits.gateRetriesMax) tries -= 1;
      instance = step.current;
      continue;
    }
    if (step.outcome === "nothing") {
      await startIfClaimed(engine, instance, definition);
      await hintWaiting(engine, instance, heldNow, step.lookAgainAtMs);
      return;
    }
    const { next, command } = step;
    await hintNextWaiters(engine, tenant, step.freed);
    if (command.name === "hold" && command.waiting !== "capacity") {
      // What it waits for may have come before this hold could be found: look at it once more.
      instance = next;
      heldNow = true;
      continue;
    }
    await perform(engine, next, definition, step.effects);
    // A backend that says "queued" may have lost the order: where starting twice is harmless, do.
    if (command.name === "wake" && next.state === "dispatched") {
      await startIfClaimed(engine, next, definition);
    }
    await hintAgain(engine, next);
    return;
  }
  if (instance !== undefined) engine.log.warn("look gave up after lost races", { instanceId });
}

type Step =
  /** What was due is so no more. */
  | { readonly outcome: "overtaken" }
  | { readonly outcome: "nothing"; readonly lookAgainAtMs?: number }
  | { readonly outcome: "others"; readonly before: readonly string[] }
  | { readonly outcome: "lost"; readonly current: Instance | undefined }
  | {
      readonly outcome: "saved";
      readonly command: InstanceCommand;
      readonly next: Instance;
      readonly effects: readonly Effect[];
      readonly freed: readonly string[];
    };

/** Where many of one process want the same slots, they ask and take one after the other. */
async function stepInTurn(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
  mayServe: boolean,
): Promise<Step> {
  const { turns, clock } = engine;
  const work = (): Promise<Step> => step(engine, instance, definition, mayServe);
  if (turns === undefined || instance.state !== "pending" || clock.now() < instance.dueAtMs) {
    return work();
  }
  const { tenant } = instance;
  const gates = gatesOf(instance, definition.spec, await engine.gates.facts(tenant));
  if (gates.length === 0) return work();
  const names = gates.map(({ gate }) => turnOfGate(tenant, gate));
  return turns.inTurn(names, work);
}

async function step(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
  mayServe: boolean,
): Promise<Step> {
  const {
    command,
    changes,
    before = [],
    next = [],
    lookAgainAtMs,
  } = await whatIsDue(engine, instance, definition);
  if (mayServe && before.length > 0) return { outcome: "others", before };
  if (command === undefined) {
    return { outcome: "nothing", ...(lookAgainAtMs === undefined ? {} : { lookAgainAtMs }) };
  }
  const decision = decide(instance, command, {
    nowMs: engine.clock.now(),
    retry: definition.spec.retry,
  });
  if (decision.outcome !== "changed") return { outcome: "overtaken" };
  const saved = await saveInstance(engine, instance, decision.next, changes);
  if (saved.outcome === "lost") return { outcome: "lost", current: saved.current };
  engine.log.debug("instance changed", {
    instanceId: instance.id,
    task: instance.task,
    from: instance.state,
    to: decision.next.state,
    version: decision.next.version,
    reason: decision.reason,
  });
  if (next.length > 0) {
    const { tenant } = instance;
    await engine.hints.send(next.map((instanceId) => ({ tenant, instanceId })));
  }
  const { effects } = decision;
  return { outcome: "saved", command, next: decision.next, effects, freed: saved.freed };
}

/** What the clock, routing and gates ask for. */
async function whatIsDue(
  engine: RunningEngine,
  instance: Instance,
  definition: TaskVersion,
): Promise<Due> {
  const nowMs = engine.clock.now();
  const wake: InstanceCommand = { name: "wake", random: engine.random.next() };
  const woken = decide(instance, wake, { nowMs, retry: definition.spec.retry });
  if (woken.outcome === "changed") {
    const live = liveAttempt(instance);
    const asked = live !== undefined && (instance.state === "dispatched" || isUnwatched(live));
    if (!asked) return { command: wake };
    return { command: { ...wake, sighting: await sight(engine, instance, live) } };
  }
  if (instance.state !== "pending" || nowMs < instance.dueAtMs) return {};
  return claimDue(engine, instance, definition, nowMs);
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

/** Whoever has just come to wait is looked at on time, and sooner where its turn may come sooner. */
async function hintWaiting(
  engine: RunningEngine,
  instance: Instance,
  heldNow: boolean,
  lookAgainAtMs: number | undefined,
): Promise<void> {
  if (lookAgainAtMs === undefined) {
    if (heldNow) await hintAgain(engine, instance);
    return;
  }
  const { tenant, id: instanceId, priority } = instance;
  await engine.hints.send([{ tenant, instanceId, priority, notBeforeMs: lookAgainAtMs }]);
}
