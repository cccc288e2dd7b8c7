import { justAfter, keys, paddedNumber } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Slot } from "../../shared/schedule/schedule.ts";

/** Which slots of a stretch of nominal times were ever fired, by whichever generation or backfill. */
export async function firedSlots(
  store: Store,
  tenant: string,
  schedule: string,
  stretch: { readonly fromMs: number; readonly toMs: number },
): Promise<ReadonlySet<number>> {
  const fired = new Set<number>();
  const { pk } = keys.slot(tenant, schedule, 0, "");
  let from = paddedNumber(stretch.fromMs, 14);
  for (;;) {
    const found = await store.query({
      index: "primary",
      partition: pk,
      from,
      to: paddedNumber(stretch.toMs + 1, 14),
      order: "ascending",
      limit: limits.storePageMax,
    });
    const last = found.at(-1);
    if (last === undefined) return fired;
    for (const record of await store.getMany(found.map(({ key }) => key))) {
      const slot = record?.body as Slot | undefined;
      if (slot?.outcome === "fired") fired.add(slot.nominalMs);
    }
    if (found.length < limits.storePageMax) return fired;
    from = justAfter(last.sort);
  }
}
