import { beforeEach, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { metricsNamespace } from "../../shared/contract/metrics.ts";
import { limits } from "../../shared/core/limits.ts";
import { systemTenant } from "../../shared/finding/finding.ts";
import type { WatchSummary } from "../../shared/finding/watch-summary.ts";
import { mirrorFunction } from "./deployment.ts";
import { earlier, openTimeRecords } from "./time-records.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { succeed } from "./yard.ts";

const canaryArn = "arn:aws:lambda:us-east-1:123456789012:function:canary-of-switchyard-test:live";
const here = useYard({ environment: { CANARY_FUNCTION_ARN: canaryArn } });
const records = openTimeRecords(here);

beforeEach(() => {
  const { stub, logs, dispatchQueueUrl } = here.deployment;
  for (const name of [canaryArn, mirrorFunction]) stub.lambda.functions.add(name);
  stub.lambda.take();
  stub.sqs.take(dispatchQueueUrl);
  logs.take();
  logs.takeMetrics();
});

const round = (event: unknown = { kind: "watch", scheduledAt: "2026-11-20T21:00:00Z" }) =>
  here.deployment.functions.watch(event) as Promise<WatchSummary>;

interface Found {
  readonly kind: string;
  readonly subject: string;
  readonly state: string;
}

async function findings(tenant: string): Promise<readonly Found[]> {
  const { store } = here.deployment;
  const partition = keys.finding(tenant, "").pk;
  const page = await store.query({ index: "primary", partition, order: "ascending", limit: 100 });
  const found = await store.getMany(page.map(({ key }) => key));
  return found.flatMap((record) => (record === undefined ? [] : [record.body as unknown as Found]));
}

describeDeployed("the canary on AWS", () => {
  it("goes through dispatch, Lambda and completion, and its age becomes a metric", async () => {
    const { logs } = here.deployment;
    const before = await round();
    expect(before.canary?.lastSuccessAtMs).toBeUndefined();
    await here.yard.dispatch();
    await here.yard.complete(({ functionArn, payload }) => {
      expect(functionArn).toBe(canaryArn);
      expect(payload).toMatchObject({ instance: { tenant: systemTenant, task: "canary" } });
      return succeed({ alive: true })();
    });
    await here.yard.observe();
    logs.takeMetrics();
    const after = await round();
    expect(after.canary?.lastSuccessAtMs).toBeGreaterThan(0);
    const metric = {
      Name: "CanaryAgeSeconds",
      Unit: "Seconds",
    };
    expect(logs.takeMetrics()).toMatchObject([
      {
        _aws: {
          CloudWatchMetrics: [
            { Namespace: metricsNamespace, Dimensions: [["Stage"]], Metrics: [metric] },
          ],
        },
        Stage: "test",
        CanaryAgeSeconds: expect.any(Number),
      },
    ]);
  });
});

describeDeployed("the watch on AWS", () => {
  it("makes its round although nobody can read the call that brought it", async () => {
    const summary = await round("not a call at all");
    expect(summary.atMs).toBeGreaterThan(0);
    const lines = here.deployment.logs.take();
    expect(lines.map(({ message }) => message)).toContain("call unreadable");
  });

  it("opens a finding for slots that nobody fired, counts it, and closes it when they are", async () => {
    const { logs } = here.deployment;
    const body = { expression: "rate(10 minutes)", task: "resize" };
    await records.define("schedules", "neglected", body);
    await records.mirror();
    await round();
    logs.takeMetrics();
    await records.change("neglected", (schedule) => earlier(schedule, 25 * 60_000));
    const missed = await round();
    expect(missed.missedSlots).toBe(1);
    expect(await findings("default")).toMatchObject([
      { kind: "slot_missed", subject: "neglected", state: "open" },
    ]);
    expect(logs.takeMetrics()).toMatchObject([
      { MissedSlots: 1, OpenFindings: expect.any(Number) },
    ]);
    await records.arrive({ kind: "schedule", tenant: "default", name: "neglected" });
    const mended = await round();
    expect(mended.missedSlots).toBe(0);
    expect(await findings("default")).toMatchObject([{ subject: "neglected", state: "closed" }]);
  });

  it("opens a finding of the system for wakes that nobody acts upon, and closes it", async () => {
    await records.define("schedules", "asleep", { expression: "rate(1 day)", task: "resize" });
    await records.mirror();
    const overdueAtMs = Date.now() - limits.wakeOverdueMs - 60_000;
    await records.change("asleep", (schedule) => ({ ...schedule, wakeAtMs: overdueAtMs }));
    await round();
    const overdue = { kind: "wakes_overdue", subject: "timekeeper" };
    expect(await findings(systemTenant)).toContainEqual(
      expect.objectContaining({ ...overdue, state: "open" }),
    );
    await records.change("asleep", (schedule) => ({ ...schedule, wakeAtMs: Date.now() + 60_000 }));
    await round();
    expect(await findings(systemTenant)).toContainEqual(
      expect.objectContaining({ ...overdue, state: "closed" }),
    );
  });
});
