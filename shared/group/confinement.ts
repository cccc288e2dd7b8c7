import type { Confinement } from "../routing/feasible.ts";
import type { Group } from "./group.ts";

/** The only backends that a group's instances may use; undefined where it names none. */
export function confinementOf(
  group: string | undefined,
  groups: ReadonlyMap<string, Group>,
): Confinement | undefined {
  const backends = group === undefined ? undefined : groups.get(group)?.spec.backends;
  return group === undefined || backends === undefined ? undefined : { group, backends };
}
