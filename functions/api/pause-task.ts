import { justAfter, keys, partitions } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { pauseOfTask } from "../../shared/limit/gate-names.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import type { TaskHead } from "../../shared/task/task.ts";
import type { Engine } from "../runtime/engine.ts";
import { applyCommand } from "../runtime/instances.ts";
import { hintFor } from "../runtime/wake-hints.ts";
import { getTask, type TaskWithDefinition } from "./read-tasks.ts";

/** Held instances let go at once, side by side. */
const releasedAtOnce = 50;

/** Holds back every start of the task's instances from now on. Pausing twice keeps the first pause. */
export async function pauseTask(
  engine: Engine,
  context: TenantContext,
  name: string,
  reason: string | undefined,
): Promise<TaskWithDefinition> {
  await changeHead(engine, context.tenant, name, (head) =>
    head.paused !== undefined
      ? head
      : {
          ...head,
          paused: {
            atMs: engine.clock.now(),
            by: context.actor,
            ...(reason === undefined ? {} : { reason }),
          },
        },
  );
  return getTask(engine, context.tenant, name);
}

/**
 * Lets the task run again and its held instances go, the longest waiting first and a bounded number
 * of them; the rest notices by itself, or when this is asked again.
 */
export async function resumeTask(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  reason: string | undefined,
): Promise<TaskWithDefinition> {
  await changeHead(engine, tenant, name, (head) => {
    if (head.paused === undefined) return head;
    const { paused: _, ...running } = head;
    return running;
  });
  const released = await releaseHeld(
    engine,
    tenant,
    name,
    `${actor} resumed the task${reason === undefined ? "" : `: ${reason}`}`,
  );
  engine.log.info("task resumed", { task: name, released });
  return getTask(engine, tenant, name);
}

async function changeHead(
  engine: Engine,
  tenant: string,
  name: string,
  change: (head: TaskHead) => TaskHead,
): Promise<void> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const record = await engine.store.get(keys.taskHead(tenant, name));
    if (record === undefined) {
      await getTask(engine, tenant, name);
      continue;
    }
    const head = record.body as unknown as TaskHead;
    const next = change(head);
    if (next === head) return;
    const result = await engine.store.write([
      {
        kind: "put",
        record: { key: record.key, type: "task", body: next },
        expect: record.version,
      },
    ]);
    if (result.outcome === "wrote") return;
  }
  throw new RejectionError({
    code: "conflict",
    detail: `others keep changing the task ${name}; nothing was changed`,
    suggestion: "try again",
  });
}

async function releaseHeld(
  engine: Engine,
  tenant: string,
  task: string,
  reason: string,
): Promise<number> {
  let released = 0;
  let from: string | undefined;
  while (released < limits.resumeReleasedMax) {
    const held = await engine.store.query({
      index: "queue",
      partition: partitions.waiting(tenant, pauseOfTask(task)),
      ...(from === undefined ? {} : { from }),
      order: "ascending",
      limit: releasedAtOnce,
    });
    const applied = await Promise.all(
      held.map(({ sort }) => release(engine, tenant, idOfSort(sort), reason)),
    );
    const hints = applied.filter((hint): hint is Hint => hint !== undefined);
    if (hints.length > 0) await engine.hints.send(hints);
    released += hints.length;
    const last = held.at(-1);
    if (last === undefined || held.length < releasedAtOnce) break;
    from = justAfter(last.sort);
  }
  return released;
}

async function release(
  engine: Engine,
  tenant: string,
  id: string,
  reason: string,
): Promise<Hint | undefined> {
  const applied = await applyCommand(engine, tenant, id, () => ({ name: "release", reason }));
  if (applied.outcome !== "changed") return undefined;
  // Due ones of long chains go on through their wakes; letting go is always worth one look.
  return (
    hintFor(applied.instance, engine.clock.now()) ?? {
      tenant,
      instanceId: id,
      priority: applied.instance.priority,
    }
  );
}

/** The id at the end of a `lineSort` text. */
function idOfSort(sort: string): string {
  return sort.slice(sort.lastIndexOf("#") + 1);
}
