import { backfillToView } from "../../shared/contract/http/backfill-views.ts";
import { instanceToView } from "../../shared/contract/http/instance-to-view.ts";
import { scheduleToView, slotToView } from "../../shared/contract/http/schedule-views.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { IdempotencyKey } from "../../shared/core/texts.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import {
  cancelBackfill,
  getBackfill,
  listBackfills,
  planBackfill,
  startBackfill,
} from "../schedules/backfills.ts";
import {
  deleteSchedule,
  pauseScheduleByName,
  resumeScheduleByName,
} from "../schedules/change-schedule.ts";
import { defineSchedule } from "../schedules/define-schedule.ts";
import { getSchedule, listSchedules, listSlots } from "../schedules/read-schedules.ts";
import { runSchedule } from "../schedules/run-schedule.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";
import { versionOfEtag } from "./wire/if-match.ts";

type ScheduleHandlers = Pick<
  Handlers,
  | "defineSchedule"
  | "listSchedules"
  | "getSchedule"
  | "deleteSchedule"
  | "pauseSchedule"
  | "resumeSchedule"
  | "runSchedule"
  | "listSlots"
  | "startBackfill"
  | "listBackfills"
  | "getBackfill"
  | "cancelBackfill"
>;

export function scheduleHandlers({ engine }: ApiDeps): ScheduleHandlers {
  return {
    async defineSchedule({ context, params, body, request }) {
      const onlyIf = versionOfEtag(request.headers.get("if-match"), "a schedule");
      const defined = await defineSchedule(engine, context, params.name, body, onlyIf);
      return scheduleAnswer(defined.schedule, defined.created ? 201 : 200, defined.warnings);
    },
    async listSchedules({ context, query }) {
      const { schedules, ...page } = await listSchedules(engine, context.tenant, query);
      return answer(200, { items: schedules.map((each) => scheduleToView(each)), ...page });
    },
    async getSchedule({ context, params }) {
      return scheduleAnswer(await getSchedule(engine.store, context.tenant, params.name));
    },
    async deleteSchedule({ context, params }) {
      await deleteSchedule(engine, context, params.name);
      return answer(200, { deleted: true });
    },
    async pauseSchedule({ context, params, body }) {
      return scheduleAnswer(await pauseScheduleByName(engine, context, params.name, body.reason));
    },
    async resumeSchedule({ context, params }) {
      return scheduleAnswer(await resumeScheduleByName(engine, context, params.name));
    },
    async runSchedule({ context, params, body, request }) {
      const key = body.idempotencyKey ?? keyOf(request.headers.get("idempotency-key"));
      const { instance, repeated } = await runSchedule(engine, context, params.name, key);
      const view = instanceToView(instance);
      return answer(repeated ? 200 : 202, view, { location: view.links.self });
    },
    async listSlots({ context, params, query }) {
      const { slots, ...page } = await listSlots(engine, context.tenant, params.name, query);
      return answer(200, { items: slots.map(slotToView), ...page });
    },
    async startBackfill({ context, params, body }) {
      if (body.dryRun) {
        return answer(200, await planBackfill(engine, context.tenant, params.name, body));
      }
      const view = backfillToView(await startBackfill(engine, context, params.name, body));
      return answer(202, view, { location: view.links.self });
    },
    async listBackfills({ context, params, query }) {
      const { tenant } = context;
      const { backfills, ...page } = await listBackfills(engine, tenant, params.name, query);
      return answer(200, { items: backfills.map(backfillToView), ...page });
    },
    async getBackfill({ context, params }) {
      const { name, id } = params;
      return answer(200, backfillToView(await getBackfill(engine.store, context.tenant, name, id)));
    },
    async cancelBackfill({ context, params }) {
      const { name, id } = params;
      return answer(202, backfillToView(await cancelBackfill(engine, context, name, id)));
    },
  };
}

function scheduleAnswer(schedule: Schedule, status = 200, warnings?: readonly string[]): Response {
  const view = scheduleToView(schedule, warnings);
  return answer(status, view, {
    etag: `"${schedule.revision}"`,
    ...(status === 201 ? { location: view.links.self } : {}),
  });
}

function keyOf(header: string | null): string | undefined {
  if (header === null) return undefined;
  const key = IdempotencyKey.safeParse(header);
  if (key.success) return key.data;
  const detail = `Idempotency-Key ${key.error.issues[0]?.message ?? "is not valid"}`;
  throw new RejectionError({ code: "invalid_field", detail, pointer: "Idempotency-Key" });
}
