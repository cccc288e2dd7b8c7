/** What instances wait for, as `waitingFor` names it: `<kind>:<gate>`. */
export const gateKinds = ["pause", "slots", "rate", "budget", "approval"] as const;
export type GateKind = (typeof gateKinds)[number];

/** The gates themselves; `key` is one value of a key path, as `keyOfValue` writes it. */
export const gates = {
  tenant: "tenant",
  group: (name: string): string => `group/${name}`,
  task: (name: string, key?: string): string => withKey(`task/${name}`, key),
  limit: (name: string, key?: string): string => withKey(`limit/${name}`, key),
} as const;

export function waitingForOf(kind: GateKind, gate: string): string {
  return `${kind}:${gate}`;
}

/** Where the held instances of a paused task wait. */
export function pauseOfTask(task: string): string {
  return waitingForOf("pause", gates.task(task));
}

function withKey(gate: string, key: string | undefined): string {
  return key === undefined ? gate : `${gate}/${key}`;
}
