import type { PageQuery } from "../../shared/contract/http/requests.ts";
import type { ScheduleListQuery } from "../../shared/contract/http/schedule-requests.ts";
import { keys, paddedNumber } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Schedule, Slot } from "../../shared/schedule/schedule.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { loadSchedule } from "../runtime/schedule-records.ts";
import { scheduleNotFound } from "./schedule-rejections.ts";

/** The schedule; throws a RejectionError when there is none. */
export async function getSchedule(store: Store, tenant: string, name: string): Promise<Schedule> {
  const loaded = await loadSchedule(store, tenant, name);
  if (loaded === undefined) throw new RejectionError(scheduleNotFound(name));
  return loaded.schedule;
}

/** The tenant's schedules in the order of their names. */
export async function listSchedules(
  engine: Engine,
  tenant: string,
  { task, group, state, ...page }: ScheduleListQuery,
): Promise<{ readonly schedules: readonly Schedule[]; readonly nextCursor?: string }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.schedule(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listSchedules", filters: { task, group, state } },
    },
    page,
  );
  const schedules = records
    .map(({ body }) => body as unknown as Schedule)
    .filter(
      (schedule) =>
        (task === undefined || schedule.spec.task === task) &&
        (group === undefined || schedule.spec.group === group) &&
        (state === undefined || schedule.state === state),
    );
  return { schedules, ...next };
}

/** What became of a schedule's slots, newest first. */
export async function listSlots(
  engine: Engine,
  tenant: string,
  name: string,
  query: PageQuery,
): Promise<{ readonly slots: readonly Slot[]; readonly nextCursor?: string }> {
  await getSchedule(engine.store, tenant, name);
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.slot(tenant, name, 0, "").pk,
      // Before the first one stands what a deleted schedule of this name left behind.
      from: paddedNumber(1, 14),
      order: "descending",
      binding: { tenant, operation: "listSlots", filters: { name } },
    },
    query,
  );
  return { slots: records.map(({ body }) => body as unknown as Slot), ...next };
}
