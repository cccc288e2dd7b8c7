import { RejectionError, TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { isTerminal } from "../../shared/instance/moves.ts";
import type { Engine } from "../runtime/engine.ts";
import { loadInstance } from "../runtime/instances.ts";
import { loadSchedule, putSchedule } from "../runtime/schedule-records.ts";
import { loadFireRules } from "../runtime/schedule-rules.ts";
import { contendedSchedule, scheduleNotFound } from "./schedule-rejections.ts";
import { submitSlot } from "./submit-slot.ts";

/**
 * Submits what the schedule submits, at once and outside of its slots. The overlap policy takes the
 * new instance for the newest one, unless the one before it is still open.
 */
export async function runSchedule(
  engine: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  idempotencyKey: string | undefined,
): Promise<{ readonly instance: Instance; readonly repeated: boolean }> {
  const { store, clock, ids } = engine;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const loaded = await loadSchedule(store, tenant, name);
    if (loaded === undefined) throw new RejectionError(scheduleNotFound(name));
    const { schedule, version } = loaded;
    const { generation, spec, latest } = schedule;
    const nowMs = clock.now();
    const id =
      idempotencyKey === undefined
        ? ids.newId("ins", nowMs)
        : ids.derivedInstanceId(tenant, `\nrun\n${name}\n${idempotencyKey}`);
    const before = latest && (await loadInstance(store, tenant, latest.instanceId));
    const isFree = before === undefined || isTerminal(before.state);
    const result = await submitSlot(engine, {
      tenant,
      schedule: name,
      spec,
      rules: await loadFireRules(engine, schedule, nowMs, nowMs),
      id,
      origin: { generation, nominalAtMs: nowMs, byHand: true },
      actor,
      extra: (instanceId) =>
        isFree
          ? [putSchedule({ ...schedule, latest: { instanceId, nominalMs: nowMs } }, version)]
          : [],
    });
    if (result.outcome === "rejected") throw new RejectionError(result.rejection);
    if (result.outcome === "planned") throw new TransientError(`${id} was only planned`);
    if (result.outcome === "accepted") {
      engine.log.info("schedule run by hand", {
        schedule: name,
        instanceId: result.instance.id,
        actor,
      });
      return result;
    }
  }
  throw new RejectionError(contendedSchedule(name));
}
