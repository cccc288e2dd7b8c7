import { justAfter, keys, partitions } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { TaskHead, TaskVersion } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";

/** Records read at once. */
const readAtOnce = 100;

export interface OpenInstances {
  readonly running: number;
  readonly waiting: number;
  /** False where there are more instances than were looked at. */
  readonly complete: boolean;
}

/** Counts a group's open instances among its newest ones. */
export async function countOpen(
  { store }: Pick<Engine, "store">,
  tenant: string,
  group: string,
): Promise<OpenInstances> {
  const partition = partitions.byGroup(tenant, group);
  const found = await store.query({
    index: "group",
    partition,
    order: "descending",
    limit: limits.storePageMax,
  });
  let [running, waiting] = [0, 0];
  for (let from = 0; from < found.length; from += readAtOnce) {
    const page = found.slice(from, from + readAtOnce);
    for (const record of await store.getMany(page.map(({ key }) => key))) {
      const state = (record?.body as unknown as Instance | undefined)?.state;
      if (state === undefined || isTerminal(state)) continue;
      if (state === "pending") waiting += 1;
      else running += 1;
    }
  }
  return { running, waiting, complete: found.length < limits.storePageMax };
}

/** The tenant's tasks in their newest versions, from behind a name on; at most `max` of them. */
export async function newestVersions(
  engine: Engine,
  tenant: string,
  max: number,
  after?: string,
): Promise<{ readonly versions: readonly TaskVersion[]; readonly last: string | undefined }> {
  const found = await engine.store.query({
    index: "primary",
    partition: keys.taskHead(tenant, "").pk,
    ...(after === undefined ? {} : { from: justAfter(after) }),
    order: "ascending",
    limit: Math.min(max, limits.storePageMax),
  });
  const records = await engine.store.getMany(found.map(({ key }) => key));
  const heads = records.flatMap((record) =>
    record === undefined ? [] : [record.body as unknown as TaskHead],
  );
  const versions = await Promise.all(
    heads.map(({ name, latestVersion }) => engine.definitions.version(tenant, name, latestVersion)),
  );
  return {
    versions: versions.filter((version) => version !== undefined),
    last: found.at(-1)?.sort,
  };
}

/** The names of tasks whose newest version belongs to the group. */
export async function tasksOfGroup(
  engine: Engine,
  tenant: string,
  group: string,
): Promise<readonly string[]> {
  const names: string[] = [];
  let after: string | undefined;
  for (;;) {
    const { versions, last } = await newestVersions(engine, tenant, readAtOnce, after);
    for (const { name, spec } of versions) if (spec.group === group) names.push(name);
    if (last === undefined) return names;
    after = last;
  }
}

/** Why a group cannot be deleted; undefined when nothing names it. */
export async function groupInUse(
  engine: Engine,
  tenant: string,
  group: string,
): Promise<Rejection | undefined> {
  const [tasks, open] = await Promise.all([
    tasksOfGroup(engine, tenant, group),
    countOpen(engine, tenant, group),
  ]);
  const count = open.running + open.waiting;
  const [first] = tasks;
  if (first !== undefined) {
    const others = tasks.length === 1 ? "" : ` and ${tasks.length - 1} more`;
    return {
      code: "group_in_use",
      detail: `the task ${first}${others} names the group "${group}" in its newest version`,
      suggestion: "define those tasks without it first",
    };
  }
  if (count === 0) return undefined;
  return {
    code: "group_in_use",
    detail: `${count} open instances belong to the group "${group}"`,
    suggestion: `wait until they have finished, or cancel them: GET /v1/instances?group=${group}`,
  };
}
