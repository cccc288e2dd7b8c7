import { beforeEach, expect, it } from "vitest";
import type { BusEvent } from "../../shared/event/trigger.ts";
import { busName, mirrorFunction } from "./deployment.ts";
import { earlier, openTimeRecords } from "./time-records.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { succeed } from "./yard.ts";

const here = useYard();
const records = openTimeRecords(here);

beforeEach(async () => {
  const { stub, logs, stream, intakeQueueUrl, dispatchQueueUrl } = here.deployment;
  stub.lambda.functions.add(mirrorFunction);
  stub.lambda.take();
  stub.sqs.take(intakeQueueUrl);
  stub.sqs.take(dispatchQueueUrl);
  stub.events.take();
  await stream.take();
  logs.take();
  logs.takeMetrics();
});

/** What EventBridge Scheduler sends when a schedule fires. */
function firingOf(name: string, executionId: string): string {
  const kept = here.deployment.stub.scheduler.schedules.get(`default.${name}`);
  if (kept === undefined) throw new TypeError(`${name} is not mirrored`);
  return kept.Target.Input.replace(
    "<aws.scheduler.scheduled-time>",
    "2026-11-20T21:00:00Z",
  ).replace("<aws.scheduler.execution-id>", executionId);
}

/** What EventBridge sends for an event that a trigger's rule let through. */
function matched(name: string, event: BusEvent): string {
  const rule = here.deployment.stub.rules.rules.get(`${busName}/switchyard-test.default.${name}`);
  const [target] = rule?.targets.values() ?? [];
  const { InputTransformer: transformer } = target as unknown as {
    readonly InputTransformer: { readonly InputTemplate: string };
  };
  return transformer.InputTemplate.replace("<aws.events.event.json>", JSON.stringify(event));
}

function busEvent(id: string, more: Partial<BusEvent> = {}): BusEvent {
  return {
    version: "0",
    id,
    "detail-type": "Object Created",
    source: "shop",
    account: "123456789012",
    time: "2026-11-20T21:00:00Z",
    region: "us-east-1",
    resources: [],
    detail: { key: "cat.jpg" },
    ...more,
  };
}

async function instanceBy(filter: (instance: { readonly origin?: object }) => boolean) {
  const { body } = await here.yard.http({
    method: "GET",
    path: "/v1/instances",
    query: "limit=500",
  });
  const ids: readonly { readonly id: string }[] = body.items;
  const all = await Promise.all(ids.map(({ id }) => here.yard.instance(id)));
  return all.filter(filter);
}

/** From the hint over Lambda and its destination to the event on the bus. */
async function runToTheEnd(): Promise<readonly string[]> {
  await here.yard.dispatch();
  await here.yard.complete(succeed());
  await here.yard.observe();
  return here.deployment.stub.events.take().map(({ detail }) => String(detail.instanceId));
}

describeDeployed(
  "from time and events to the end of an instance, through the deployed bundles",
  () => {
    it("a firing of EventBridge Scheduler becomes one run and one event, however often it comes", async () => {
      await records.define("schedules", "minutely", {
        expression: "rate(1 minute)",
        task: "resize",
      });
      await records.mirror();
      await records.change("minutely", (schedule) => earlier(schedule, 61_000));
      const firings = ["one", "two"].map((id) => firingOf("minutely", id));
      expect(await records.arrive(...firings)).toEqual([]);
      expect(await records.arrive(...firings)).toEqual([]);
      const { latest } = await records.schedule("minutely");
      const id = latest?.instanceId ?? "";
      expect(await runToTheEnd()).toEqual([id]);
      expect(await here.yard.instance(id)).toMatchObject({
        state: "succeeded",
        attemptCount: 1,
        origin: { kind: "schedule", schedule: "minutely" },
      });
      const { body } = await here.yard.http({ method: "GET", path: `/v1/instances/${id}` });
      expect(body).toMatchObject({ state: "succeeded" });
    });

    it("an event that a trigger's rule lets through becomes one run and one event", async () => {
      await records.define("triggers", "uploads", {
        pattern: { source: ["shop"] },
        task: "resize",
      });
      await records.mirror();
      const message = matched("uploads", busEvent("5c1a7a2e-0000-4000-8000-000000000002"));
      expect(await records.arrive(message, message)).toEqual([]);
      const [made, ...more] = await instanceBy(
        ({ origin }) => origin !== undefined && "trigger" in origin && origin.trigger === "uploads",
      );
      expect(more).toEqual([]);
      expect(await runToTheEnd()).toEqual([made?.id]);
    });

    it("our own event of the end of an instance starts the next one, and says how far it is from the first", async () => {
      const { stub } = here.deployment;
      const pattern = { source: ["switchyard"], detail: { trigger: [{ exists: false }] } };
      await records.define("triggers", "follow-up", { pattern, task: "resize" });
      await records.mirror();
      const { id } = await here.yard.submit();
      await here.yard.dispatch();
      await here.yard.complete(succeed());
      await here.yard.observe();
      const [ended] = stub.events.take();
      expect(ended?.detail.instanceId).toBe(id);
      const { source = "", detailType = "", detail = {} } = ended ?? {};
      const onBus = { source, "detail-type": detailType, detail: detail as BusEvent["detail"] };
      await records.arrive(matched("follow-up", busEvent("of the bus, first", onBus)));
      await records.arrive(matched("follow-up", busEvent("of the bus, again", onBus)));
      const made = await instanceBy(
        ({ origin }) =>
          origin !== undefined && "trigger" in origin && origin.trigger === "follow-up",
      );
      expect(made).toMatchObject([{ origin: { kind: "event", hops: 1 } }]);
    });
  },
);

describeDeployed("an event that names a task itself", () => {
  const submitting = (id: string, detail: BusEvent["detail"]) =>
    busEvent(id, { source: "orders", "detail-type": "Submit Task", detail });
  const passedOn = (event: BusEvent) => ({ kind: "event", tenant: "default", event });
  const announced = () => here.deployment.stub.events.take();

  it("runs the task", async () => {
    const event = submitting("direct-1", { task: "resize", input: { width: 3 } });
    expect(await records.arrive(passedOn(event), passedOn(event))).toEqual([]);
    expect(await runToTheEnd()).toHaveLength(1);
  });

  it("is refused on the bus when there is no such task, alike each time it comes", async () => {
    const event = submitting("direct-2", { task: "unknown" });
    expect(await records.arrive(passedOn(event))).toEqual([]);
    expect(await records.arrive(passedOn(event))).toEqual([]);
    const refusals = announced();
    expect(refusals).toMatchObject([
      {
        source: "switchyard",
        detailType: "Submission Refused",
        bus: busName,
        detail: {
          tenant: "default",
          eventId: "direct-2",
          eventSource: "orders",
          code: "task_not_found",
          pointer: "/detail/task",
        },
      },
      {},
    ]);
    expect(refusals[1]?.detail.dedupKey).toBe(refusals[0]?.detail.dedupKey);
    const metric = { Stage: "test", EventsRefused: 1 };
    expect(here.deployment.logs.takeMetrics()).toMatchObject([metric, metric]);
  });

  it("comes again when the bus would not take the refusal", async () => {
    const { stub } = here.deployment;
    const message = passedOn(submitting("direct-3", { task: "unknown" }));
    const down = { kind: "refuse", status: 500, code: "InternalError" } as const;
    stub.fail("events", down, down, down);
    expect(await records.arrive(message)).toEqual([JSON.stringify(message)]);
    expect(await records.arrive(message)).toEqual([]);
    expect(announced()).toHaveLength(1);
  });

  it("is refused on the bus also when the API is asked to take it", async () => {
    const { status, body } = await here.yard.http({
      method: "POST",
      path: "/v1/events",
      body: submitting("direct-4", { task: "unknown" }),
    });
    expect({ status, body }).toMatchObject({ status: 200, body: { items: [{}] } });
    expect(announced()).toMatchObject([{ detail: { eventId: "direct-4" } }]);
  });
});
