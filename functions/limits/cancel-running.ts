import { justAfter, keys, partitions } from "../../shared/contract/keys.ts";
import { wakeTargetOf } from "../../shared/contract/wake-target.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { type Instance, liveAttempt } from "../../shared/instance/instance.ts";
import type { Engine } from "../runtime/engine.ts";
import { cancelInstance } from "../submission/act-on-instance.ts";

/** Instances cancelled side by side. */
const atOnce = 25;

/**
 * Cancels the tenant's instances that have an attempt under way, a bounded number of them. Whatever
 * runs has a wake, so the wake index names it.
 */
export async function cancelRunning(
  engine: Engine,
  context: TenantContext,
  reason: string,
): Promise<{ readonly cancelled: number; readonly complete: boolean }> {
  let cancelled = 0;
  for (let shard = 0; shard < limits.wakeShards; shard++) {
    for await (const ids of runningOf(engine, context.tenant, shard)) {
      for (let start = 0; start < ids.length; start += atOnce) {
        if (cancelled >= limits.switchOffCancelMax) return { cancelled, complete: false };
        const done = await Promise.all(
          ids.slice(start, start + atOnce).map((id) => cancelOne(engine, context, id, reason)),
        );
        cancelled += done.filter(Boolean).length;
      }
    }
  }
  return { cancelled, complete: true };
}

async function* runningOf(
  { store }: Engine,
  tenant: string,
  shard: number,
): AsyncGenerator<readonly string[]> {
  let from: string | undefined;
  for (;;) {
    const page = await store.query({
      index: "wake",
      partition: partitions.wake(shard),
      order: "ascending",
      limit: limits.storePageMax,
      ...(from === undefined ? {} : { from }),
    });
    const ids = page.flatMap(({ key }) => {
      const target = wakeTargetOf(key);
      return target?.kind === "instance" && target.tenant === tenant ? [target.instanceId] : [];
    });
    const records = await store.getMany(ids.map((id) => keys.instance(tenant, id)));
    yield records.flatMap((record) => {
      const instance = record?.body as unknown as Instance | undefined;
      return instance === undefined || liveAttempt(instance) === undefined ? [] : [instance.id];
    });
    const last = page.at(-1);
    if (last === undefined || page.length < limits.storePageMax) return;
    from = justAfter(last.sort);
  }
}

/** False for one that has finished meanwhile. */
async function cancelOne(
  engine: Engine,
  context: TenantContext,
  id: string,
  reason: string,
): Promise<boolean> {
  try {
    await cancelInstance(engine, context, id, reason);
    return true;
  } catch (error) {
    if (!(error instanceof RejectionError)) throw error;
    return false;
  }
}
