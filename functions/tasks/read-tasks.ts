import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { assert, RejectionError } from "../../shared/core/errors.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { TaskHead, TaskVersion } from "../../shared/task/task.ts";
import { taskNames } from "../lists/merged-scan.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { taskNotFound } from "../runtime/result.ts";

export interface TaskWithDefinition {
  readonly head: TaskHead;
  readonly definition: TaskVersion;
}

/** Definitions are up to some 20 KB each, and an answer should stay below a few megabytes. */
const definitionsPerPageMax = 200;

/** The task; throws a RejectionError when there is none, naming one that it may have been. */
export async function getTask(
  engine: Engine,
  tenant: string,
  name: string,
): Promise<TaskWithDefinition> {
  const head = await engine.definitions.head(tenant, name);
  if (head !== undefined) return withDefinition(engine, head);
  const nearest = nearestName(name, await taskNames(engine.store, tenant));
  throw new RejectionError({
    ...taskNotFound(name, nearest === undefined ? undefined : `did you mean "${nearest}"?`),
    pointer: "name",
  });
}

/** The tenant's tasks in the order of their names. */
export async function listTasks(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly tasks: readonly TaskWithDefinition[]; readonly nextCursor?: string }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.taskHead(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listTasks", filters: {} },
      sizeMax: definitionsPerPageMax,
    },
    query,
  );
  const heads = records.map(({ body }) => body as unknown as TaskHead);
  return { tasks: await Promise.all(heads.map((head) => withDefinition(engine, head))), ...next };
}

/** A task's versions, newest first. */
export async function listTaskVersions(
  engine: Engine,
  tenant: string,
  name: string,
  query: PageQuery,
): Promise<{ readonly versions: readonly TaskVersion[]; readonly nextCursor?: string }> {
  await getTask(engine, tenant, name);
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.taskVersion(tenant, name, 1).pk,
      order: "descending",
      binding: { tenant, operation: "listTaskVersions", filters: { name } },
      sizeMax: definitionsPerPageMax,
    },
    query,
  );
  return { versions: records.map(({ body }) => body as unknown as TaskVersion), ...next };
}

async function withDefinition(engine: Engine, head: TaskHead): Promise<TaskWithDefinition> {
  const { tenant, name, latestVersion } = head;
  const definition = await engine.definitions.version(tenant, name, latestVersion);
  assert(definition !== undefined, `version ${latestVersion} of task ${name} is missing`);
  return { head, definition };
}
