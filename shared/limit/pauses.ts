import type { Pause } from "../group/group.ts";
import type { Instance } from "../instance/instance.ts";
import { gates, waitingForOf } from "./gate-names.ts";
import type { GateRules } from "./gates-of.ts";

/** Where the held instances of a paused group wait. */
export function pauseOfGroup(group: string): string {
  return waitingForOf("pause", gates.group(group));
}

/** Where they wait when the whole tenant is stopped. */
export const pauseOfTenant = waitingForOf("pause", gates.tenant);

/** What keeps an instance from starting, whatever slots are free. */
export interface Held {
  readonly waitingFor: string;
  readonly reason: string;
  readonly pause: Pause;
}

/** The pause of its tenant or group, if there is one; a task's own pause stands with the task. */
export function pauseHolding(
  { group }: Pick<Instance, "group">,
  { settings, groups }: Pick<GateRules, "settings" | "groups">,
): Held | undefined {
  const stopped = settings?.stopped;
  if (stopped !== undefined) {
    const how = stopped.kind === "off" ? "switched off" : "paused";
    return { waitingFor: pauseOfTenant, reason: `the tenant is ${how}`, pause: stopped };
  }
  const paused = group === undefined ? undefined : groups.get(group)?.paused;
  if (group === undefined || paused === undefined) return undefined;
  return {
    waitingFor: pauseOfGroup(group),
    reason: `the group ${group} is paused`,
    pause: paused,
  };
}
