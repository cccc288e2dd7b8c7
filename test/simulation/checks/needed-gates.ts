import { keyOfValue, valueAtPath } from "../../../shared/core/path-expression.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";
import type { FactsInForce } from "./facts-in-force.ts";

/**
 * The gates that an attempt of this instance must have passed, by what it submitted and by bounds that
 * everybody must know; made out here once more, so that no mistake of the product's own list hides.
 */
export function neededGates(
  instance: Instance,
  spec: TaskSpec | undefined,
  facts: FactsInForce,
  bound: "concurrency" | "rate",
): readonly string[] {
  if (spec === undefined) return [];
  const { tenant, task, group, gathered } = instance;
  const keyed = (gate: string, path: string | undefined): string =>
    path === undefined ? gate : `${gate}/${keyOfValue(valueAtPath(instance, path))}`;
  const groups = group === undefined ? [] : [group];
  const uses = spec.limits ?? [];
  const sure = facts.sure(
    tenant,
    groups,
    uses.map(({ name }) => name),
  );
  const own = spec[bound];
  // A batch has the key of its first submission, which its list no longer shows.
  const ownGate = gathered?.mode === "batch" ? [] : [keyed(`task/${task}`, own?.key)];
  return [
    ...(own === undefined ? [] : ownGate),
    ...uses
      .filter(({ name }) => sure.limits.get(name)?.spec[bound] !== undefined)
      .map(({ name, key }) => keyed(`limit/${name}`, key)),
    ...groups
      .filter((name) => sure.groups.get(name)?.spec[bound] !== undefined)
      .map((name) => `group/${name}`),
    ...(sure.settings?.spec[bound] === undefined ? [] : ["tenant"]),
  ];
}
