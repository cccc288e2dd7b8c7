import { describe, expect, it } from "vitest";
import { observeChanges } from "../../functions/observe/observe-changes.ts";
import { recordReports } from "../../functions/reports/record-reports.ts";
import { watchHealth } from "../../functions/runtime/watch-health.ts";
import { canaryTask, submitCanary } from "../../functions/watch/canary.ts";
import { runWatch, type WatchDeps } from "../../functions/watch/run-watch.ts";
import { limits } from "../../shared/core/limits.ts";
import { systemTenant } from "../../shared/finding/finding.ts";
import type { AttemptReport } from "../../shared/ports/backend.ts";
import { define, expectProblem, openYard, submit, type Yard } from "./yard.ts";

const minute = 60_000;
const noop = { function: { module: "canary.mjs", export: "handler" } };

function watch(yard: Yard, more: Partial<WatchDeps> = {}) {
  return runWatch({ ...yard.engine, canary: false, ...more });
}

/** What is open about the system itself. */
async function system(yard: Yard) {
  const { body } = await yard.call("GET", "/v1/findings?scope=system&state=open");
  return body.items;
}

const kindsOf = async (yard: Yard) =>
  (await system(yard)).map(({ kind }: { readonly kind: string }) => kind).sort();

/** Follows the changes, as is done all the time. */
async function follow(yard: Yard): Promise<void> {
  const { changes } = await yard.store.changes("0", 10_000);
  const events = { publish: async () => undefined };
  await observeChanges({ ...yard.engine, events }, "local", changes);
}

/** Sends a canary and has it succeed after some time. */
async function sing(yard: Yard, tookMs = 40, followed = true): Promise<string> {
  const id = await submitCanary(yard.engine, noop);
  await yard.dispatch();
  yard.now += tookMs;
  const { attempts } = await yard.instance(id, systemTenant);
  const { id: attemptId = "", token = "" } = attempts.at(-1) ?? {};
  const report: AttemptReport = {
    kind: "succeeded",
    tenant: systemTenant,
    instanceId: id,
    attemptId,
    token,
  };
  const [recorded] = await recordReports(yard.engine, [report]);
  expect(recorded?.result.outcome).toBe("changed");
  if (followed) await follow(yard);
  return id;
}

describe("the canary", () => {
  it("goes the whole way once in five minutes, and nobody else's lists show it", async () => {
    const yard = openYard();
    const id = await sing(yard);
    expect(await submitCanary(yard.engine, noop)).toBe(id);
    const listed = await yard.call("GET", "/v1/instances");
    const tasks = await yard.call("GET", "/v1/tasks");
    expect([listed.body.items, tasks.body.items]).toEqual([[], []]);
    expectProblem(await yard.call("GET", `/v1/instances/${id}`), 404, "instance_not_found");
    expect(await yard.instance(id, systemTenant)).toMatchObject({
      task: canaryTask,
      state: "succeeded",
    });
    yard.now += limits.canaryEveryMs;
    expect(await submitCanary(yard.engine, noop)).not.toBe(id);
  });

  it("says how long it takes, and since when it has not succeeded", async () => {
    const yard = openYard();
    for (const tookMs of [40, 500, 60]) {
      await sing(yard, tookMs);
      yard.now += limits.canaryEveryMs;
    }
    const { canary } = await watch(yard, { canary: true });
    expect(canary).toMatchObject({ ageMs: limits.canaryEveryMs, p50Ms: 60 });
    expect(await system(yard)).toEqual([]);
  });

  it("raises a finding by its silence, which its next success ends", async () => {
    const yard = openYard();
    await sing(yard);
    yard.now += limits.canarySilentMs;
    await submitCanary(yard.engine, noop);
    await watch(yard, { canary: true });
    expect(await system(yard)).toEqual([]);
    yard.now += 1;
    expect(await watch(yard, { canary: true })).toMatchObject({ openSystemFindings: 1 });
    expect(await system(yard)).toMatchObject([
      { kind: "canary_silent", message: "the canary last succeeded 15 min ago" },
    ]);
    yard.now += limits.canaryEveryMs;
    await sing(yard);
    await watch(yard, { canary: true });
    expect(await system(yard)).toEqual([]);
  });

  it("is missed also when it has never succeeded, but not where it is not sent", async () => {
    const yard = openYard();
    await submitCanary(yard.engine, noop);
    yard.now += limits.canarySilentMs + minute;
    await watch(yard);
    expect(await kindsOf(yard)).toEqual(["wakes_overdue"]);
    await watch(yard, { canary: true });
    expect(await kindsOf(yard)).toEqual(["canary_silent", "wakes_overdue"]);
  });

  it("shows by its success that nobody follows the changes", async () => {
    const yard = openYard();
    await sing(yard, 40, false);
    yard.now += limits.wakeOverdueMs + 1;
    await watch(yard, { canary: true });
    expect(await system(yard)).toMatchObject([{ kind: "feed_behind", subject: "observe" }]);
    await follow(yard);
    await watch(yard, { canary: true });
    expect(await system(yard)).toEqual([]);
  });
});

describe("the watch over the engine", () => {
  it("finds wakes that nobody acts upon, and counts them", async () => {
    const yard = openYard();
    await define(yard, "hello");
    for (const delaySeconds of [60, 120, 3_600])
      await submit(yard, { task: "hello", delaySeconds });
    yard.now += 3 * minute + limits.wakeOverdueMs;
    await watch(yard);
    expect(await system(yard)).toMatchObject([
      {
        kind: "wakes_overdue",
        message: "2 records should have been looked at; the oldest 7 min ago",
      },
    ]);
  });
});

describe("the health of the watch", () => {
  const health = (yard: Yard) => watchHealth(yard.store, yard.now);

  it("is what it last saw, and bad when it has not looked for long", async () => {
    const yard = openYard();
    expect(await health(yard)).toMatchObject({ state: "ok", openFindings: 0 });
    await sing(yard);
    await watch(yard, { canary: true });
    yard.now += 5_000;
    expect(await health(yard)).toEqual({
      state: "ok",
      openFindings: 0,
      missedSlots: 0,
      canaryAgeSeconds: 5,
      canaryP50Ms: 40,
      lookedSecondsAgo: 5,
    });
    yard.now += limits.watchSilentMs;
    expect(await health(yard)).toMatchObject({ state: "degraded", lookedSecondsAgo: 905 });
  });

  it("is bad because of the system's own findings", async () => {
    const yard = openYard();
    await define(yard, "hello");
    await submit(yard, { task: "hello", delaySeconds: 1 });
    yard.now += 6 * minute;
    await watch(yard);
    expect(await health(yard)).toMatchObject({ state: "degraded", openFindings: 1 });
  });
});
