import type { JsonValue } from "../../shared/core/json.ts";
import type { FunctionPlatform, InvokeOutcome } from "../../shared/ports/function-platform.ts";
import type { Store } from "../../shared/ports/store.ts";
import { loadFunctionVersion } from "../runtime/deployed-functions.ts";

/** Calls a deployed version and waits for what it says. */
export async function tryFunction(
  { store, platform }: { readonly store: Store; readonly platform: FunctionPlatform },
  tenant: string,
  name: string,
  digest: string,
  event: JsonValue,
): Promise<InvokeOutcome> {
  const known = await loadFunctionVersion(store, tenant, name, digest);
  if (known?.body.state !== "active") {
    return { outcome: "failed", error: `version ${digest} of ${name} is not deployed` };
  }
  return platform.invoke(known.body, event);
}
