import { RejectionError } from "../../shared/core/errors.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { InvokeOutcome } from "../../shared/ports/function-platform.ts";
import type { Engine } from "../runtime/engine.ts";
import { getFunction } from "./read-functions.ts";
import { functionNotReady } from "./resolve-package.ts";

/** Calls the version in force and waits for what it says. */
export async function tryFunction(
  engine: Engine,
  deployer: Deployer,
  tenant: string,
  name: string,
  event: JsonValue,
): Promise<{ readonly digest: string; readonly said: InvokeOutcome }> {
  const { head, version } = await getFunction(engine, tenant, name);
  const digest = head.activeDigest;
  if (digest === undefined) throw new RejectionError(functionNotReady(name, version));
  return { digest, said: await deployer.tryOut(tenant, name, digest, event) };
}
