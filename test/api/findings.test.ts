import { describe, expect, it } from "vitest";
import { lookAtSchedule } from "../../functions/intake/look-at-schedule.ts";
import { watchHealth } from "../../functions/runtime/watch-health.ts";
import { runWatch, type WatchDeps } from "../../functions/watch/run-watch.ts";
import { keys } from "../../shared/contract/keys.ts";
import { systemTenant } from "../../shared/finding/finding.ts";
import { keepFinding, openFinding } from "./good-finding-requests.ts";
import { define, expectProblem, openYard, stranger, type Yard } from "./yard.ts";

const minute = 60_000;

async function yardWithSchedule(spec: object = {}): Promise<Yard> {
  const yard = openYard();
  await define(yard, "hello");
  const body = { expression: "0 * * * *", task: "hello", ...spec };
  const reply = await yard.call("PUT", "/v1/schedules/hourly", { body });
  expect(reply.status, reply.text).toBe(201);
  return yard;
}

function watch(yard: Yard, more: Partial<WatchDeps> = {}) {
  return runWatch({ ...yard.engine, canary: false, ...more });
}

async function findings(yard: Yard, query = "") {
  const { body } = await yard.call("GET", `/v1/findings${query}`);
  return body.items;
}

const system = (yard: Yard) => findings(yard, "?scope=system&state=open");

/** Looks at the schedule as its hint or wake would have it. */
const fire = (yard: Yard) => lookAtSchedule(yard.engine, "acme", "hourly");

describe("the watch over schedules", () => {
  it("finds a slot that nobody settled, and that it was settled after all", async () => {
    const yard = await yardWithSchedule();
    yard.now += 64 * minute;
    expect(await watch(yard)).toMatchObject({ missedSlots: 0 });
    yard.now += 1 * minute;
    expect(await watch(yard)).toMatchObject({ missedSlots: 1 });
    expect(await watchHealth(yard.store, yard.now)).toMatchObject({ state: "ok", openFindings: 1 });
    expect(await findings(yard)).toMatchObject([
      {
        kind: "slot_missed",
        subject: "hourly",
        state: "open",
        nominalAt: "2026-11-20T10:00:00.000Z",
        openedAt: new Date(yard.now).toISOString(),
      },
    ]);
    await fire(yard);
    yard.now += 1 * minute;
    await watch(yard);
    expect(await findings(yard, "?state=open")).toEqual([]);
    expect(await findings(yard, "?state=closed")).toMatchObject([
      { kind: "slot_missed", closedAt: new Date(yard.now).toISOString() },
    ]);
  });

  it("needs neither the wake index nor the times that those who fire have worked out", async () => {
    const yard = await yardWithSchedule();
    const key = keys.schedule("acme", "hourly");
    const record = await yard.store.get(key);
    const { wakeAtMs: _, nextDueMs: __, nextNominalMs: ___, ...forgotten } = record?.body ?? {};
    await yard.store.write([
      {
        kind: "put",
        expect: record?.version ?? 0,
        record: { key, type: "schedule", body: forgotten },
      },
    ]);
    yard.now += 65 * minute;
    expect(await watch(yard)).toMatchObject({ missedSlots: 1 });
  });

  it("writes nothing twice, however often and however many look", async () => {
    const yard = await yardWithSchedule();
    yard.now += 65 * minute;
    await Promise.all([watch(yard), watch(yard), watch(yard)]);
    const [finding] = await findings(yard);
    yard.now += 1 * minute;
    await watch(yard);
    expect(await findings(yard)).toEqual([finding]);
  });
});

describe("the watch over what slots have become", () => {
  it("finds a slot whose instance has not begun in time, with the instance", async () => {
    const yard = await yardWithSchedule({ startWithinSeconds: 120 });
    await yard.call("POST", "/v1/tasks/hello/pause");
    yard.now += 60 * minute;
    await fire(yard);
    yard.now += 2 * minute;
    await watch(yard);
    const [finding] = await findings(yard);
    expect(finding).toMatchObject({
      kind: "start_late",
      message: expect.stringContaining("pending"),
    });
    const { body } = await yard.call("GET", `/v1/instances/${finding.instanceId}`);
    expect(body.task).toBe("hello");
  });

  it("finds what has not succeeded in time also when many newer slots have come since", async () => {
    const yard = await yardWithSchedule({
      expression: "* * * * *",
      overlap: "allow",
      succeedWithinSeconds: 1_800,
    });
    for (let count = 0; count < 30; count++) {
      yard.now += minute;
      await fire(yard);
    }
    expect(await watch(yard)).toMatchObject({ missedSlots: 0 });
    yard.now += minute;
    await fire(yard);
    expect(await watch(yard)).toMatchObject({ missedSlots: 1 });
    expect(await findings(yard)).toMatchObject([
      { kind: "success_late", nominalAt: "2026-11-20T09:01:00.000Z" },
    ]);
  });

  it.each([
    ["paused", (yard: Yard) => yard.call("POST", "/v1/schedules/hourly/pause")],
    ["deleted", (yard: Yard) => yard.call("DELETE", "/v1/schedules/hourly")],
  ])("closes what it has found of a schedule that is %s", async (_, change) => {
    const yard = await yardWithSchedule();
    yard.now += 65 * minute;
    await watch(yard);
    expect((await change(yard)).status).toBeLessThan(300);
    await watch(yard);
    expect(await findings(yard, "?state=open")).toEqual([]);
  });

  it("is not blinded by one schedule that cannot be read", async () => {
    const yard = await yardWithSchedule();
    const record = await yard.store.get(keys.schedule("acme", "hourly"));
    const broken = { ...record?.body, name: "broken", spec: { expression: "nonsense" } };
    await yard.store.write([
      {
        kind: "put",
        expect: "absent",
        record: { key: keys.schedule("acme", "broken"), type: "schedule", body: broken },
      },
    ]);
    yard.now += 65 * minute;
    expect(await watch(yard)).toMatchObject({ missedSlots: 1 });
    const told = yard.logged.filter(({ fields }) => fields?.schedule === "broken");
    expect(told.map(({ level }) => level)).toEqual(["error"]);
  });
});

describe("findings", () => {
  it("are a tenant's own, newest first, page by page and by state", async () => {
    const yard = openYard();
    for (const subject of ["a", "b", "c"]) {
      yard.now += minute;
      const closed = subject === "b" ? { state: "closed" as const, closedAtMs: yard.now } : {};
      await keepFinding(yard, openFinding(yard, { subject, ...closed }));
    }
    const subjects = (items: { subject: string }[]) => items.map(({ subject }) => subject);
    expect(subjects(await findings(yard))).toEqual(["c", "b", "a"]);
    expect(subjects(await findings(yard, "?state=open"))).toEqual(["c", "a"]);
    const first = await yard.call("GET", "/v1/findings?limit=2");
    const rest = await yard.call("GET", `/v1/findings?limit=2&cursor=${first.body.nextCursor}`);
    expect([subjects(first.body.items), subjects(rest.body.items)]).toEqual([["c", "b"], ["a"]]);
    const foreign = await yard.call("GET", "/v1/findings", { as: stranger });
    expect(foreign.body.items).toEqual([]);
    const cursor = first.body.nextCursor;
    const other = await yard.call("GET", `/v1/findings?state=open&cursor=${cursor}`);
    expectProblem(other, 400, "invalid_cursor");
  });

  it.each(["state=lost", "scope=all", "limit=0", "state=open&state=closed", "x=1"])(
    "are not listed by %s",
    async (query) => {
      const reply = await openYard().call("GET", `/v1/findings?${query}`);
      expect(reply.status).toBe(400);
    },
  );

  it("are taken care of by whoever says so first", async () => {
    const yard = openYard();
    const { id } = await keepFinding(yard, openFinding(yard));
    const path = `/v1/findings/${id}/acknowledge`;
    const said = await yard.call("POST", path, { body: { note: "the bank is closed" } });
    expect(said.body.acknowledged).toEqual({
      at: new Date(yard.now).toISOString(),
      by: "ada",
      note: "the bank is closed",
    });
    yard.now += minute;
    const again = await yard.call("POST", path, { body: { note: "me, too" } });
    expect(again.body).toEqual(said.body);
    const foreign = await yard.call("POST", path, { body: {}, as: stranger });
    expectProblem(foreign, 404, "finding_not_found");
  });

  it("about the system are seen by everybody and acknowledged by nobody", async () => {
    const yard = openYard();
    const about = { kind: "wakes_overdue", subject: "timekeeper" } as const;
    const finding = openFinding(yard, { tenant: systemTenant, ...about });
    await keepFinding(yard, finding);
    const [seen] = await system(yard);
    expect(seen).toMatchObject(about);
    expect(seen).not.toHaveProperty("nominalAt");
    const reply = await yard.call("POST", `/v1/findings/${finding.id}/acknowledge`, { body: {} });
    expectProblem(reply, 404, "finding_not_found");
  });
});
