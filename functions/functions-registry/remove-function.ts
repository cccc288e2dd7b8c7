import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Deployer } from "../../shared/ports/deployer.ts";
import type { Engine } from "../runtime/engine.ts";
import { listTasks } from "../tasks/read-tasks.ts";
import { getFunction } from "./read-functions.ts";

/** Has a function removed that no task needs any more. */
export async function removeFunction(
  engine: Engine,
  deployer: Deployer,
  tenant: string,
  name: string,
  force: boolean,
): Promise<void> {
  await getFunction(engine, tenant, name);
  const task = force ? undefined : await taskThatRuns(engine, tenant, name);
  if (task !== undefined) {
    throw new RejectionError({
      code: "function_in_use",
      detail: `the newest version of the task "${task}" runs the function "${name}"`,
      suggestion: "define that task without it first, or remove with ?force=true",
    });
  }
  await deployer.remove(tenant, name);
  engine.log.info("function removed", { function: name });
}

async function taskThatRuns(
  engine: Engine,
  tenant: string,
  name: string,
): Promise<string | undefined> {
  let cursor: string | undefined;
  do {
    const page = await listTasks(engine, tenant, {
      limit: limits.pageSizeMax,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const found = page.tasks.find(
      ({ definition }) => definition.spec.run.package?.function === name,
    );
    if (found !== undefined) return found.head.name;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return undefined;
}
