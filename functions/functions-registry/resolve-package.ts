import { type Rejection, RejectionError } from "../../shared/core/errors.ts";
import type { FunctionVersion } from "../../shared/function/function.ts";
import type { TaskSpec } from "../../shared/task/task.ts";
import { loadFunctionVersion } from "../runtime/deployed-functions.ts";
import type { Engine } from "../runtime/engine.ts";
import { getFunction } from "./read-functions.ts";

/**
 * Fixes which version of a deployed function a task runs: the one it names, or else the one in force
 * now. A version that is not there, or not yet, is refused here rather than at the first attempt.
 */
export async function withFixedPackage(
  engine: Pick<Engine, "store">,
  tenant: string,
  spec: TaskSpec,
): Promise<TaskSpec> {
  const { package: target } = spec.run;
  if (target === undefined) return spec;
  const digest = await readyDigest(engine, tenant, target);
  return { ...spec, run: { ...spec.run, package: { ...target, digest } } };
}

async function readyDigest(
  { store }: Pick<Engine, "store">,
  tenant: string,
  { function: name, digest: wanted }: NonNullable<TaskSpec["run"]["package"]>,
): Promise<string> {
  const { head, version } = await found({ store }, tenant, name);
  const digest = wanted ?? head.activeDigest;
  if (digest === undefined) throw new RejectionError(functionNotReady(name, version));
  if (wanted === undefined) return digest;
  const named = await loadFunctionVersion(store, tenant, name, wanted);
  if (named === undefined) {
    throw new RejectionError({
      code: "function_not_found",
      detail: `the function "${name}" has no version ${wanted}`,
      pointer: "/run/package/digest",
      suggestion: `GET /v1/functions/${name}/versions lists them; without a digest the one in force is taken`,
    });
  }
  if (named.body.state !== "active") throw new RejectionError(functionNotReady(name, named.body));
  return digest;
}

async function found(engine: Pick<Engine, "store">, tenant: string, name: string) {
  try {
    return await getFunction(engine, tenant, name);
  } catch (error) {
    if (!(error instanceof RejectionError)) throw error;
    throw new RejectionError({ ...error.rejection, pointer: "/run/package/function" });
  }
}

/** Why a version cannot run anything yet. */
export function functionNotReady(name: string, { state, failure }: FunctionVersion): Rejection {
  const failed = state === "failed";
  return {
    code: "function_not_ready",
    detail: failed
      ? `the function "${name}" could not be deployed: ${failure ?? "no reason is known"}`
      : `the function "${name}" is still being deployed`,
    suggestion: failed
      ? "put that right and deploy it again with PUT /v1/functions/{name}"
      : `wait until GET /v1/functions/${name} says that it is active`,
  };
}
