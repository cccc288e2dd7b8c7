import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { justAfter, keys, paddedNumber } from "../../shared/contract/keys.ts";
import { assert, RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { TaskHead, TaskVersion } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import { makeCursor, placeOfCursor } from "./instances/cursor.ts";
import { taskNames } from "./instances/merged-scan.ts";
import { taskNotFound } from "./result.ts";

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
  { limit = limits.pageSizeDefault, cursor }: PageQuery,
): Promise<{ readonly tasks: readonly TaskWithDefinition[]; readonly nextCursor?: string }> {
  const binding = { tenant, operation: "listTasks", filters: {} };
  const after = placeOfCursor(engine.ids, binding, cursor);
  const size = Math.min(limit, definitionsPerPageMax);
  const found = await engine.store.query({
    index: "primary",
    partition: keys.taskHead(tenant, "").pk,
    ...(after === undefined ? {} : { from: justAfter(after) }),
    order: "ascending",
    limit: size + 1,
  });
  const shown = found.slice(0, size);
  const records = await engine.store.getMany(shown.map(({ key }) => key));
  const heads = records.flatMap((record) =>
    record === undefined ? [] : [record.body as unknown as TaskHead],
  );
  const tasks = await Promise.all(heads.map((head) => withDefinition(engine, head)));
  const last = shown.at(-1);
  return last !== undefined && found.length > size
    ? { tasks, nextCursor: makeCursor(engine.ids, binding, last.sort) }
    : { tasks };
}

/** A task's versions, newest first. */
export async function listTaskVersions(
  engine: Engine,
  tenant: string,
  name: string,
  { limit = limits.pageSizeDefault, cursor }: PageQuery,
): Promise<{ readonly versions: readonly TaskVersion[]; readonly nextCursor?: string }> {
  await getTask(engine, tenant, name);
  const binding = { tenant, operation: "listTaskVersions", filters: { name } };
  const before = placeOfCursor(engine.ids, binding, cursor);
  const size = Math.min(limit, definitionsPerPageMax);
  const found = await engine.store.query({
    index: "primary",
    partition: keys.taskVersion(tenant, name, 1).pk,
    ...(before === undefined ? {} : { to: before }),
    order: "descending",
    limit: size + 1,
  });
  const shown = found.slice(0, size);
  const records = await engine.store.getMany(shown.map(({ key }) => key));
  const versions = records.flatMap((record) =>
    record === undefined ? [] : [record.body as unknown as TaskVersion],
  );
  const last = versions.at(-1);
  return last !== undefined && found.length > size
    ? {
        versions,
        nextCursor: makeCursor(engine.ids, binding, paddedNumber(last.taskVersion, 8)),
      }
    : { versions };
}

async function withDefinition(engine: Engine, head: TaskHead): Promise<TaskWithDefinition> {
  const { tenant, name, latestVersion } = head;
  const definition = await engine.definitions.version(tenant, name, latestVersion);
  assert(definition !== undefined, `version ${latestVersion} of task ${name} is missing`);
  return { head, definition };
}
