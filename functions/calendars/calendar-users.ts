import { justAfter, keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";

/** The names of all schedules that ask a calendar, at most `max`. */
export async function schedulesOf(
  store: Store,
  tenant: string,
  calendar: string,
  max: number,
): Promise<readonly string[]> {
  const names: string[] = [];
  let from: string | undefined;
  for (;;) {
    const found = await store.query({
      index: "primary",
      partition: keys.schedule(tenant, "").pk,
      order: "ascending",
      limit: limits.storePageMax,
      ...(from === undefined ? {} : { from }),
    });
    const records = await store.getMany(found.map(({ key }) => key));
    for (const record of records) {
      if (record === undefined) continue;
      const { name, spec } = record.body as unknown as Schedule;
      if (spec.calendars?.includes(calendar)) names.push(name);
      if (names.length >= max) return names;
    }
    const last = found.at(-1);
    if (last === undefined || found.length < limits.storePageMax) return names;
    from = justAfter(last.sort);
  }
}
