import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Origin } from "../../shared/instance/instance.ts";
import type { Submission } from "../../shared/instance/submission.ts";
import type { Change } from "../../shared/ports/store.ts";
import type { FireRules } from "../../shared/schedule/fires.ts";
import { slotPayloads } from "../../shared/schedule/nominal-parameters.ts";
import type { ScheduleSpec } from "../../shared/schedule/schedule.ts";
import type { Engine } from "../runtime/engine.ts";
import { type OwnSubmitResult, submitOwn } from "../submission/submit-instances.ts";

/** One firing: what is submitted, as what, and what is written together with it. */
export interface SlotSubmission {
  readonly tenant: string;
  readonly schedule: string;
  readonly spec: ScheduleSpec;
  readonly rules: FireRules;
  readonly id: string;
  readonly origin: Omit<Extract<Origin, { kind: "schedule" }>, "kind" | "schedule">;
  /** No attempt before that. */
  readonly startAtMs?: number;
  /** Who asks; default: the schedule. */
  readonly actor?: string;
  /** Given the instance that the slot becomes part of: mostly, but not always, the one of `id`. */
  readonly extra: (instanceId: string) => readonly Change[];
}

/** Submits the instance of a slot together with what else is to be written: both or neither. */
export function submitSlot(engine: Engine, slot: SlotSubmission): Promise<OwnSubmitResult> {
  const { tenant, schedule, spec, id, extra } = slot;
  const actor = slot.actor ?? `schedule/${schedule}`;
  const context: TenantContext = { tenant, actor, role: "operator" };
  const queues = spec.overlap === "queue_one" ? ({ queues: true } as const) : {};
  const origin: Origin = { kind: "schedule", schedule, ...slot.origin, ...queues };
  return submitOwn(engine, context, { id, origin, submission: submissionOf(slot), extra });
}

function submissionOf({ schedule, spec, rules, origin, startAtMs }: SlotSubmission): Submission {
  const { task, version, priority, group, tags, timeoutSeconds, backend } = spec;
  const { generation, nominalAtMs } = origin;
  const payloads = slotPayloads({ name: schedule, spec, generation }, rules, nominalAtMs);
  return {
    task,
    ...payloads,
    ...(version === undefined ? {} : { version }),
    ...(priority === undefined ? {} : { priority }),
    ...(group === undefined ? {} : { group }),
    ...(tags === undefined ? {} : { tags }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(backend === undefined ? {} : { backend }),
    ...(startAtMs === undefined ? {} : { startAt: new Date(startAtMs).toISOString() }),
    // The payloads were checked as JSON when the schedule was defined.
  } as Submission;
}
