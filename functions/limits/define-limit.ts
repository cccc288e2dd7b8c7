import { justAfter, keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { gates } from "../../shared/limit/gate-names.ts";
import type { Limit, LimitSpec } from "../../shared/limit/limit.ts";
import type { TaskHead, TaskVersion } from "../../shared/task/task.ts";
import { hintLinesOf } from "../gates/next-waiters.ts";
import type { Engine } from "../runtime/engine.ts";
import { contended, getLimit, loadLimit } from "./limit-records.ts";

/** Makes a limit, or replaces what it says; whoever waits for it looks whether there is room now. */
export async function defineLimit(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  spec: LimitSpec,
): Promise<{ readonly limit: Limit; readonly created: boolean }> {
  const { store, clock, log } = engine;
  const key = keys.limit(tenant, name);
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadLimit(store, tenant, name);
    if (present === undefined) await refuseTooMany(store, tenant);
    const nowMs = clock.now();
    const limit: Limit = {
      ...(present?.limit ?? { createdAtMs: nowMs }),
      tenant,
      name,
      spec,
      updatedAtMs: nowMs,
      updatedBy: actor,
    };
    const written = await store.write([
      {
        kind: "put",
        expect: present?.version ?? "absent",
        record: { key, type: "limit", body: limit },
      },
    ]);
    if (written.outcome === "lost") continue;
    engine.gates.forget(tenant);
    await hintLinesOf(engine, tenant, gates.limit(name));
    log.info("limit defined", { limit: name, created: present === undefined });
    return { limit, created: present === undefined };
  }
  throw contended(`the limit ${name}`);
}

async function refuseTooMany(store: Engine["store"], tenant: string): Promise<void> {
  const present = await store.query({
    index: "primary",
    partition: keys.limit(tenant, "").pk,
    order: "ascending",
    limit: limits.limitsMax,
  });
  if (present.length < limits.limitsMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `there are ${limits.limitsMax} limits already, and no more are possible`,
    suggestion: "delete one that is no longer used, or use one limit with a key",
  });
}

/** Deletes a limit that no task's newest version names, so that nobody loses a bound by a slip. */
export async function deleteLimit(
  engine: Engine,
  { tenant }: TenantContext,
  name: string,
): Promise<void> {
  const { store, log } = engine;
  const { version } = await getLimit(store, tenant, name);
  const users = await tasksNaming(engine, tenant, name);
  if (users.length > 0) {
    const shown = users.slice(0, 3).join(", ");
    const more = users.length > 3 ? ` and ${users.length - 3} more` : "";
    throw new RejectionError({
      code: "limit_in_use",
      detail: `the limit ${name} is named by ${shown}${more}`,
      pointer: "name",
      suggestion: "define these tasks without it first",
    });
  }
  const written = await store.write([
    { kind: "delete", key: keys.limit(tenant, name), expect: version },
  ]);
  if (written.outcome === "lost") throw contended(`the limit ${name}`);
  engine.gates.forget(tenant);
  log.info("limit deleted", { limit: name });
}

async function tasksNaming(
  { store, definitions }: Engine,
  tenant: string,
  limit: string,
): Promise<readonly string[]> {
  const partition = keys.taskHead(tenant, "").pk;
  const users: string[] = [];
  let from: string | undefined;
  for (;;) {
    const page = await store.query({
      index: "primary",
      partition,
      order: "ascending",
      limit: limits.storePageMax,
      ...(from === undefined ? {} : { from }),
    });
    const records = await store.getMany(page.map(({ key }) => key));
    const heads = records.flatMap((record) => (record === undefined ? [] : [record.body]));
    const newest = await Promise.all(
      (heads as unknown as readonly TaskHead[]).map(({ name, latestVersion }) =>
        definitions.version(tenant, name, latestVersion),
      ),
    );
    users.push(...newest.filter((task) => names(task, limit)).map((task) => task?.name ?? ""));
    const last = page.at(-1);
    if (last === undefined || page.length < limits.storePageMax) return users;
    from = justAfter(last.sort);
  }
}

function names(task: TaskVersion | undefined, limit: string): boolean {
  return task?.spec.limits?.some(({ name }) => name === limit) === true;
}
