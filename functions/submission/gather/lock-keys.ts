import { keys } from "../../../shared/contract/keys.ts";
import { canonicalJson, type JsonValue } from "../../../shared/core/json.ts";
import { valueAtPath } from "../../../shared/core/path-expression.ts";
import type { Instance } from "../../../shared/instance/instance.ts";
import type { Ids } from "../../../shared/ports/clock.ts";
import type { Key } from "../../../shared/ports/store.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";

const wholeTask = "-";

/** Where the one open instance of its task and key is written down; undefined for other tasks. */
export function singletonKeyOf(ids: Ids, instance: Instance, spec: TaskSpec): Key | undefined {
  const { singleton } = spec;
  if (singleton === undefined) return undefined;
  return keys.lock(instance.tenant, instance.task, keyValueOf(ids, instance, singleton.key));
}

/**
 * Where the instance that gathers submissions like this one is written down. Those of another version
 * gather on their own. Inputs of a batch run as one, so whatever else they say must be the same.
 */
export function gatheringKeyOf(ids: Ids, instance: Instance, spec: TaskSpec): Key | undefined {
  const { gather } = spec;
  if (gather === undefined) return undefined;
  const parts = [
    "gather",
    keyValueOf(ids, instance, gather.key),
    `v${instance.taskVersion}`,
    ...(gather.mode === "batch" ? [ids.fingerprint(canonicalJson(besideInput(instance)))] : []),
  ];
  // No value of a key holds a slash, so these never meet the locks of singletons.
  return keys.lock(instance.tenant, instance.task, parts.join("/"));
}

/**
 * Readable where the value is short and plain. Otherwise a secure hash: two values that share a lock
 * would replace each other's work, so nobody must be able to make such a pair.
 */
function keyValueOf(ids: Ids, instance: Instance, path: string | undefined): string {
  const value = path === undefined ? undefined : valueAtPath(instance, path);
  if (value === undefined || value === null) return wholeTask;
  const plain = typeof value === "object" ? "" : String(value);
  if (plain !== wholeTask && /^[A-Za-z0-9_.@-]{1,63}$/.test(plain)) return plain;
  return `~${ids.fingerprint(canonicalJson(value))}`;
}

function besideInput(instance: Instance): JsonValue {
  const { config, tags, group, priority, timeoutSeconds, pinnedBackend, gateKeys } = instance;
  const said = { config, tags, group, priority, timeoutSeconds, pinnedBackend, gateKeys };
  // Undefined fields are left out by the canonical form.
  return said as unknown as JsonValue;
}
