import type { JsonObject, JsonValue } from "../core/json.ts";
import { keyOfValue, valueAtPath } from "../core/path-expression.ts";
import type { Group, TenantSettings } from "../group/group.ts";
import type { Instance } from "../instance/instance.ts";
import type { TaskSpec } from "../task/task.ts";
import { gates } from "./gate-names.ts";
import type { Limit, Rate } from "./limit.ts";

/** What bounds a tenant's work beside what its tasks say of themselves. */
export interface GateRules {
  readonly settings: TenantSettings | undefined;
  readonly groups: ReadonlyMap<string, Group>;
  readonly limits: ReadonlyMap<string, Limit>;
}

/** So many attempts at the same time. */
export interface SlotGate {
  readonly kind: "slots";
  readonly gate: string;
  readonly max: number;
}

/** So many starts in so much time. */
export interface RateGate {
  readonly kind: "rate";
  readonly gate: string;
  readonly rate: Rate;
}

export type Gate = SlotGate | RateGate;

type Gated = Pick<Instance, "task" | "group" | "gateKeys">;
type Bounds = Pick<TaskSpec, "concurrency" | "rate" | "limits" | "budget">;

/**
 * Every slot and start that an attempt of this instance needs, the narrowest first. A limit that does
 * not exist bounds nothing.
 */
export function gatesOf(instance: Gated, spec: Bounds, rules: GateRules): readonly Gate[] {
  const { task, group, gateKeys = {} } = instance;
  const found: Gate[] = [];
  const add = (gate: string, max: number | undefined, rate: Rate | undefined): void => {
    if (max !== undefined) found.push({ kind: "slots", gate, max });
    if (rate !== undefined) found.push({ kind: "rate", gate, rate });
  };
  add(gates.task(task, gateKeys.task), spec.concurrency?.max, undefined);
  add(gates.task(task, gateKeys.rate), undefined, spec.rate);
  for (const name of new Set(spec.limits?.map((use) => use.name))) {
    const limit = rules.limits.get(name)?.spec;
    add(gates.limit(name, gateKeys[limitKey(name)]), limit?.concurrency, limit?.rate);
  }
  if (group !== undefined) {
    const bounds = rules.groups.get(group)?.spec;
    add(gates.group(group), bounds?.concurrency, bounds?.rate);
  }
  const bounds = rules.settings?.spec;
  add(gates.tenant, bounds?.concurrency, bounds?.rate);
  return found;
}

/** Whether its attempts need anything that may be used up, so that it cannot be claimed unasked. */
export function isGated(instance: Gated, spec: Bounds, rules: GateRules): boolean {
  const { settings, groups } = rules;
  const group = instance.group === undefined ? undefined : groups.get(instance.group);
  const budget = spec.budget ?? group?.spec.budget ?? settings?.spec.budget;
  return budget !== undefined || gatesOf(instance, spec, rules).length > 0;
}

/**
 * The values of a task's keys in what was submitted; undefined for tasks without keys. What is not
 * there, such as a value in an input that travels by reference, shares the key "-".
 */
export function gateKeysOf(
  spec: Pick<TaskSpec, "concurrency" | "rate" | "limits">,
  submitted: {
    readonly input?: JsonValue | undefined;
    readonly tags?: Readonly<Record<string, string>> | undefined;
    readonly config?: JsonObject | undefined;
  },
): Readonly<Record<string, string>> | undefined {
  if (spec.concurrency === undefined && spec.rate === undefined && spec.limits === undefined) {
    return undefined;
  }
  const paths: readonly (readonly [string, string | undefined])[] = [
    ["task", spec.concurrency?.key],
    ["rate", spec.rate?.key],
    ...(spec.limits ?? []).map(({ name, key }) => [limitKey(name), key] as const),
  ];
  const keys: Record<string, string> = {};
  for (const [of, path] of paths) {
    if (path !== undefined) keys[of] = keyOfValue(valueAtPath(submitted, path));
  }
  return Object.keys(keys).length === 0 ? undefined : keys;
}

function limitKey(name: string): string {
  return `limit/${name}`;
}
