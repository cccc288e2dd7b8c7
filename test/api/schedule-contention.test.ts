import { describe, expect, it } from "vitest";
import type { Store } from "../../shared/ports/store.ts";
import {
  hourly,
  hourMs,
  instancesOf,
  look,
  lookBack,
  minuteMs,
  openScheduleYard,
  schedule,
  slotsOf,
} from "./schedule-yard.ts";

/** A store that refuses the first write of a slot, as for another write that came to nothing. */
function contending(store: Store): Store {
  let refused = false;
  return {
    ...store,
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (query) => store.query(query),
    changes: (from, limit) => store.changes(from, limit),
    async write(changes) {
      const changeIndex = changes.findIndex(
        (change) => change.kind === "put" && change.record.type === "slot",
      );
      if (refused || changeIndex < 0) return store.write(changes);
      refused = true;
      return { outcome: "lost", conflicts: [{ changeIndex, current: undefined }] };
    },
  };
}

describe("a slot whose write contends with one that came to nothing", () => {
  it("is fired with its instance all the same", async () => {
    const yard = await openScheduleYard({ wrapStore: contending });
    await schedule(yard, "tick");
    yard.now += hourMs;
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired"]);
    expect(instancesOf(yard, "tick")).toHaveLength(1);
  });

  it("is not left out of a backfill", async () => {
    const yard = await openScheduleYard({ wrapStore: contending });
    await schedule(yard, "tick");
    const range = { from: "2026-11-20T06:00:00Z", to: "2026-11-20T09:00:00Z" };
    const { body } = await yard.call("POST", "/v1/schedules/tick/backfill", {
      body: { ...range, concurrency: 3 },
    });
    await lookBack(yard, "tick", body.id);
    await lookBack(yard, "tick", body.id);
    const path = `/v1/schedules/tick/backfills/${body.id}`;
    expect((await yard.call("GET", path)).body).toMatchObject({ total: 3, fired: 3, leftOut: 0 });
    expect(instancesOf(yard, "tick")).toHaveLength(3);
  });
});

describe("a schedule resumed by a clock that is behind", () => {
  it("does not fire again what it had fired before the pause", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, overlap: "allow" });
    yard.now += hourMs;
    await look(yard, "tick");
    yard.now -= 5 * minuteMs;
    await yard.call("POST", "/v1/schedules/tick/pause");
    await yard.call("POST", "/v1/schedules/tick/resume");
    yard.now += 6 * minuteMs;
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toHaveLength(1);
    yard.now += hourMs;
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired", "20T11:00 fired"]);
  });
});
