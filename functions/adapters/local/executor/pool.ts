import type { AttemptError } from "../../../../shared/instance/instance.ts";
import { FairLine } from "../../../../shared/limit/fair-line.ts";
import type { AttemptOrder } from "../../../../shared/ports/backend.ts";
import { Fifo } from "../../../runner/fifo.ts";
import type { CodePlace } from "./code-place.ts";
import type { ExecutorState, Pool } from "./executor-state.ts";
import { resolveModule } from "./resolve-module.ts";

export type FoundPool =
  | { readonly outcome: "found"; readonly pool: Pool }
  | { readonly outcome: "missing"; readonly error: AttemptError };

/** The code that an order's function target names. */
export function codeOfFunction(
  functionsRoot: string,
  { run }: AttemptOrder,
): CodePlace | undefined {
  return run.function === undefined ? undefined : { folder: functionsRoot, ...run.function };
}

/** The pool for an order, opened when it is the first of its kind. */
export function findPool(
  state: ExecutorState,
  order: AttemptOrder,
  code: CodePlace | undefined,
): FoundPool {
  const { tenant, task, taskVersion, run } = order;
  if (code === undefined) {
    const message = `task "${task}" names no function to run here; it has ${Object.keys(run).join(", ")}`;
    return { outcome: "missing", error: { class: "missing_function", message } };
  }
  const { module, export: exportName } = code;
  const memoryMb = order.memoryMb ?? state.bounds.memoryMbDefault;
  const key = `${tenant}/${task}@${taskVersion} ${code.folder} ${module}#${exportName} ${memoryMb}`;
  const known = state.pools.get(key);
  if (known !== undefined) return { outcome: "found", pool: known };
  const resolved = resolveModule(code.folder, module);
  if (resolved.outcome === "missing") return resolved;
  const pool: Pool = {
    key,
    tenant,
    task,
    taskVersion,
    code,
    module,
    export: exportName,
    memoryMb,
    line: new FairLine(),
    aloneLine: new Fifo(),
    queued: 0,
    waitingSinceMs: 0,
    runners: new Set(),
    concurrency: state.bounds.inFlightPerRunnerMax,
    cleanEndings: 0,
    ahead: 1,
  };
  state.pools.set(key, pool);
  return { outcome: "found", pool };
}

/** Forgets a pool that has neither work nor processes. */
export function closeIdlePool(state: ExecutorState, pool: Pool): void {
  if (pool.queued > 0 || pool.runners.size > 0) return;
  state.waitingPools.delete(pool);
  state.pools.delete(pool.key);
}
