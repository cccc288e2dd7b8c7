import type { Instance } from "./instance.ts";
import type { InstanceState } from "./moves.ts";

/** What others see of a transition; `dedupKey` is stable under redelivery. */
export interface InstanceStateChanged {
  readonly dedupKey: string;
  readonly tenant: string;
  readonly instanceId: string;
  readonly task: string;
  readonly taskVersion: number;
  readonly from?: InstanceState;
  readonly to: InstanceState;
  readonly reason: string;
  readonly atMs: number;
  readonly version: number;
  readonly attempt?: number;
  readonly group?: string;
  /** How many instances of ours lie between it and an event of somebody else. */
  readonly hops: number;
  /** The trigger, or the schedule, that made the instance. */
  readonly trigger?: string;
  readonly schedule?: string;
}

/** The change of state that made this very version, if it was one. */
export function stateChangesOf(instance: Instance | undefined): readonly InstanceStateChanged[] {
  const entry = instance?.history.at(-1);
  if (instance === undefined || entry === undefined || entry.version !== instance.version)
    return [];
  if (entry.from === entry.to) return [];
  return [
    {
      dedupKey: `${instance.id}#${entry.version}`,
      tenant: instance.tenant,
      instanceId: instance.id,
      task: instance.task,
      taskVersion: instance.taskVersion,
      ...(entry.from === undefined ? {} : { from: entry.from }),
      to: entry.to,
      reason: entry.reason,
      atMs: entry.atMs,
      version: entry.version,
      ...(entry.attempt === undefined ? {} : { attempt: entry.attempt }),
      ...(instance.group === undefined ? {} : { group: instance.group }),
      ...provenanceOf(instance.origin),
    },
  ];
}

function provenanceOf(
  origin: Instance["origin"],
): Pick<InstanceStateChanged, "hops" | "trigger" | "schedule"> {
  if (origin === undefined) return { hops: 0 };
  return origin.kind === "event"
    ? { hops: origin.hops, trigger: origin.trigger }
    : { hops: 0, schedule: origin.schedule };
}
