import { invocationEnvelope } from "../../shared/contract/envelope.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Clock, Ids } from "../../shared/ports/clock.ts";
import type { FunctionPlatform, InvokeOutcome } from "../../shared/ports/function-platform.ts";
import type { Store } from "../../shared/ports/store.ts";
import { loadFunctionVersion } from "../runtime/deployed-functions.ts";

export interface TryDeps {
  readonly store: Store;
  readonly platform: FunctionPlatform;
  readonly clock: Clock;
  readonly ids: Ids;
}

/**
 * Calls a deployed version and waits for what it says. It gets the envelope that it would get from a
 * task with this input, of an instance that does not exist.
 */
export async function tryFunction(
  { store, platform, clock, ids }: TryDeps,
  tenant: string,
  name: string,
  digest: string,
  input: JsonValue,
): Promise<InvokeOutcome> {
  const known = await loadFunctionVersion(store, tenant, name, digest);
  if (known?.body.state !== "active") {
    return { outcome: "failed", error: `version ${digest} of ${name} is not deployed` };
  }
  const { spec } = known.body;
  const nowMs = clock.now();
  const timeoutMs = Math.min(spec.timeoutSeconds * 1_000, limits.tryOutMsMax);
  const envelope = invocationEnvelope({
    tenant,
    instanceId: ids.newId("ins", nowMs),
    attemptId: ids.newId("att", nowMs),
    attempt: 1,
    task: name,
    taskVersion: 1,
    memoryMb: spec.memoryMb,
    input,
    timeoutMs,
    deadlineAtMs: nowMs + timeoutMs,
  });
  return platform.invoke(known.body, envelope as unknown as JsonValue);
}
