import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { pauseOfTask } from "../../shared/limit/gate-names.ts";
import type { TaskHead } from "../../shared/task/task.ts";
import { releaseHeld } from "../gates/release-held.ts";
import type { Engine } from "../runtime/engine.ts";
import { getTask, type TaskWithDefinition } from "./read-tasks.ts";

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
    pauseOfTask(name),
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
