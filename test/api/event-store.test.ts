import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EmbeddedStore,
  openEmbeddedStore,
} from "../../functions/adapters/local/embedded/embedded-store.ts";
import { openLocalBus } from "../../functions/local/events.ts";
import { takeEvent } from "../../functions/triggers/take-event.ts";
import { keys, partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { stateChangesOf } from "../../shared/instance/state-changes.ts";
import { busEvent, eventYard, onSold, trigger } from "./event-yard.ts";
import { admin, submit, type Yard } from "./yard.ts";

let directory: string;
let store: EmbeddedStore;
let yard: Yard;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "events-"));
  store = await openEmbeddedStore({ directory });
  yard = await eventYard({ wrapStore: () => store });
});
afterAll(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function countOf(task: string): Promise<number> {
  const partition = partitions.byTask(admin.tenant, task);
  const limit = limits.storePageMax;
  return (await store.query({ index: "task", partition, order: "ascending", limit })).length;
}

describe("over the store that the local host has", () => {
  it("events that come doubled, together and out of order make one instance each", async () => {
    await trigger(yard, "sales");
    const ids = Array.from({ length: 20 }, (_, n) => `e-${n}`);
    const arrivals = [...ids, ...ids.toReversed(), ...ids].map((id) => busEvent({ id }));
    const taken = await Promise.all(
      arrivals.map((event) => takeEvent(yard.engine, admin.tenant, event, "sales")),
    );
    const made = taken.flat().filter((each) => each.outcome === "submitted" && !each.repeated);
    expect([taken.flat().length, made.length, await countOf("hello")]).toEqual([60, 20, 20]);
  });

  it("the local bus brings ends to triggers, once each however often the feed repeats them", async () => {
    const bus = openLocalBus(() => yard.engine);
    await trigger(yard, "follow", {
      pattern: {
        source: ["switchyard"],
        detail: { to: ["succeeded"], trigger: [{ exists: false }] },
      },
      task: "other",
    });
    const id = await submit(yard, { task: "hello" });
    const record = await store.get(keys.instance(admin.tenant, id));
    const [opened] = stateChangesOf(record?.body as unknown as Instance);
    if (opened === undefined) throw new Error("a submission is a change");
    const end = { ...opened, dedupKey: `${id}#9`, to: "succeeded", version: 9 } as const;
    const before = await countOf("other");
    await bus.publish([opened, end]);
    await bus.publish([end, end, opened]);
    expect((await countOf("other")) - before).toBe(1);
  });

  it("a pattern that is not accepted any more rests its trigger and is said in the log", async () => {
    const key = keys.trigger(admin.tenant, "broken");
    const body = { tenant: "acme", name: "broken", spec: { ...onSold, pattern: {} } };
    await store.write([{ kind: "put", expect: "absent", record: { key, type: "trigger", body } }]);
    const taken = await takeEvent(yard.engine, admin.tenant, busEvent({ id: "other" }));
    expect(taken.map(({ trigger: name }) => name)).toEqual(["sales"]);
    expect(
      yard.logged.some(({ level, fields }) => level === "error" && fields?.trigger === "broken"),
    ).toBe(true);
  });
});
