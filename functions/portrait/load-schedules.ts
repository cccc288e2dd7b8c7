import { justAfter, keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";

export interface ActiveSchedules {
  /** In the order of their names. */
  readonly schedules: readonly Schedule[];
  /** There are more, which nobody looked at. */
  readonly goesOn: boolean;
}

/** The tenant's active schedules, up to `limits.portraitSchedulesMax` of them. */
export async function loadActiveSchedules(store: Store, tenant: string): Promise<ActiveSchedules> {
  const partition = keys.schedule(tenant, "").pk;
  const schedules: Schedule[] = [];
  const page = { index: "primary", partition, order: "ascending" } as const;
  let from: string | undefined;
  for (;;) {
    const found = await store.query({
      ...page,
      ...(from === undefined ? {} : { from }),
      limit: limits.storePageMax,
    });
    const records = await store.getMany(found.map(({ key }) => key));
    for (const record of records) {
      const schedule = record?.body as unknown as Schedule | undefined;
      if (schedule?.state !== "active") continue;
      if (schedules.length === limits.portraitSchedulesMax) return { schedules, goesOn: true };
      schedules.push(schedule);
    }
    const last = found.at(-1);
    if (last === undefined || found.length < limits.storePageMax) {
      return { schedules, goesOn: false };
    }
    from = justAfter(last.sort);
  }
}
