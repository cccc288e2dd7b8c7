import { limits } from "../../shared/core/limits.ts";
import type { Instance, WaitingReason } from "../../shared/instance/instance.ts";
import type { Hint } from "../../shared/ports/hints.ts";

/**
 * The hint that makes a delay or retry punctual; the wake index is the guarantee behind it.
 * Long chains of attempts and far wakes are left to the timekeeper.
 */
export function hintFor(instance: Instance, nowMs: number): Hint | undefined {
  const base = {
    tenant: instance.tenant,
    instanceId: instance.id,
    priority: instance.priority,
    lane: instance.group ?? instance.task,
  };
  if (instance.state === "dispatched") return base;
  if (instance.state !== "pending" || instance.waiting === "paused") return undefined;
  if (waitsForOthers.has(instance.waiting)) {
    return instance.wakeAtMs === undefined
      ? undefined
      : { ...base, notBeforeMs: instance.wakeAtMs };
  }
  if (instance.attemptCount >= limits.hintedAttemptsMax) return undefined;
  if (instance.dueAtMs <= nowMs) return base;
  if (instance.dueAtMs - nowMs > limits.hintDelayMsMax) return undefined;
  return { ...base, notBeforeMs: instance.dueAtMs };
}

/** Nothing changes for these when they are looked at at once. */
const waitsForOthers: ReadonlySet<WaitingReason | undefined> = new Set([
  "capacity",
  "limit",
  "budget",
  "approval",
]);
