import { beforeEach, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { bucketName, type Rollup } from "../../shared/rollup/rollup.ts";
import { busName } from "./deployment.ts";
import { tickEvent } from "./lambda-events.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { succeed, throwError } from "./yard.ts";

const here = useYard();

/** What earlier tests left behind must not be taken for what a test did. */
const forget = async () => {
  const { deployment, yard } = here;
  await yard.defineTask();
  await deployment.stream.take();
  deployment.stub.events.take();
  deployment.stub.sqs.take(deployment.dispatchQueueUrl);
  deployment.logs.take();
};

describeDeployed("the life of an instance through the deployed bundles", () => {
  beforeEach(forget);

  it("goes from the submission over Lambda and its destination to the event on the bus", async () => {
    const { deployment, yard } = here;
    const submitted = await yard.submit({ input: { width: 240 } });
    expect(submitted.state).toBe("dispatched");

    await yard.dispatch();
    expect((await yard.instance(submitted.id)).state).toBe("running");

    await yard.complete(({ payload }) => {
      expect(payload).toMatchObject({ task_id: submitted.id, inputs: { width: 240 } });
      return { kind: "success", payload: { url: "s3://pictures/cat-240.jpg" } };
    });
    await yard.observe();

    const path = `/v1/instances/${submitted.id}`;
    const { body } = await yard.http({ method: "GET", path });
    expect(body).toMatchObject({
      state: "succeeded",
      output: { url: "s3://pictures/cat-240.jpg" },
      attempts: [{ number: 1, state: "succeeded", externalId: expect.any(String) }],
    });
    expect(deployment.stub.events.take()).toMatchObject([
      {
        source: "switchyard",
        detailType: "Instance State Changed",
        bus: busName,
        detail: { instanceId: submitted.id, from: "running", to: "succeeded" },
      },
    ]);
    const history = (await yard.instance(submitted.id)).history.map(({ to }) => to);
    expect(history).toEqual(["dispatched", "running", "succeeded"]);
  });

  it("writes nothing to the log when nothing is remarkable", async () => {
    const { deployment, yard } = here;
    await yard.submit();
    await yard.dispatch();
    await yard.complete(succeed());
    await yard.observe();
    expect(deployment.logs.take()).toEqual([]);
  });

  it("begins later through a delayed hint, which the tick repeats", async () => {
    const { deployment, yard } = here;
    const { stub, functions, dispatchQueueUrl } = deployment;
    const { id } = await yard.submit({ delaySeconds: 40 });
    const [first] = stub.sqs.take(dispatchQueueUrl);
    expect(first?.delaySeconds).toBeGreaterThan(30);
    await functions.timekeeper(tickEvent());
    const again = stub.sqs.take(dispatchQueueUrl).filter(({ body }) => body.includes(id));
    expect(again).toHaveLength(1);
    expect(again[0]?.delaySeconds).toBeGreaterThan(30);
    expect((await yard.instance(id)).version).toBe(1);
  });

  it("may begin with many others in one request, with hints in tens and answers in order", async () => {
    const { deployment, yard } = here;
    const { stub, dispatchQueueUrl } = deployment;
    const requestsBefore = stub.sqs.requests;
    const items = Array.from({ length: 25 }, (_, index) => ({
      task: index === 7 ? "unknown" : "resize",
      input: index,
    }));
    const answer = await yard.http({
      method: "POST",
      path: "/v1/instances/batch",
      body: { items },
    });
    expect(answer.status).toBe(200);
    const statuses = answer.body.items.map(({ status }: { status: number }) => status);
    expect(statuses).toEqual(items.map((_, index) => (index === 7 ? 404 : 202)));
    expect(stub.sqs.requests - requestsBefore).toBe(3);
    expect(stub.sqs.take(dispatchQueueUrl)).toHaveLength(24);
  });
});

describeDeployed("an instance whose attempt fails", () => {
  beforeEach(forget);

  it("is tried again through a hint that completion sends", async () => {
    const { yard } = here;
    await yard.defineTask({ retry: { maxAttempts: 2, delayMs: 0 } });
    const { id } = await yard.submit();
    await yard.dispatch();
    await yard.complete(throwError("no width"));
    expect(await yard.instance(id)).toMatchObject({ state: "pending", waiting: "backoff" });
    await yard.dispatch();
    await yard.complete(succeed());
    expect(await yard.instance(id)).toMatchObject({ state: "succeeded", attemptCount: 2 });
  });

  it("fails for good when the budget is used up, with the error of the last attempt", async () => {
    const { deployment, yard } = here;
    await yard.defineTask({ retry: { maxAttempts: 2, delayMs: 0 } });
    const { id } = await yard.submit();
    for (const message of ["first", "second"]) {
      await yard.dispatch();
      await yard.complete(throwError(message, "TypeError"));
    }
    await yard.observe();
    expect(await yard.instance(id)).toMatchObject({
      state: "failed",
      error: { class: "error", name: "TypeError", message: "second" },
    });
    expect(deployment.stub.events.take().map(({ detail }) => detail.to)).toEqual(["failed"]);
  });

  it("fails at once when the task says that trying again is hopeless", async () => {
    const { yard } = here;
    const { id } = await yard.submit();
    await yard.dispatch();
    await yard.complete(throwError("the input does not fit", "FinalError"));
    expect(await yard.instance(id)).toMatchObject({ state: "failed", attemptCount: 1 });
  });

  it("takes no notice of a late report of the attempt that was replaced", async () => {
    const { yard } = here;
    await yard.defineTask({ retry: { maxAttempts: 3, delayMs: 0 } });
    const { id } = await yard.submit();
    await yard.dispatch();
    const [failure] = await yard.complete(throwError("first"));
    await yard.dispatch();
    const { version } = await yard.instance(id);
    if (failure === undefined) throw new TypeError("no report");
    expect(await yard.deliver("complete", failure)).toEqual([]);
    expect(await yard.instance(id)).toMatchObject({ state: "running", version });
    await yard.complete(succeed());
    expect((await yard.instance(id)).state).toBe("succeeded");
  });
});

describeDeployed("events that come twice", () => {
  beforeEach(forget);

  it("make one instance, one run, one event on the bus and one count in the rollups", async () => {
    const { deployment, yard } = here;
    const { functions, stub } = deployment;
    const startedAtMs = Date.now();
    const request = {
      method: "POST",
      path: "/v1/instances",
      body: { task: "resize", idempotencyKey: `twice-${startedAtMs}` },
    };
    const first = await yard.http(request);
    expect(await yard.http(request)).toMatchObject({ status: 200, body: { id: first.body.id } });

    const before = await countedSince(startedAtMs);
    await again("dispatch", await yard.dispatch());
    const invocations = stub.lambda.requests;
    await again("complete", await yard.complete(succeed()));
    await again("observe", await yard.observe());
    await functions.timekeeper(tickEvent());

    expect(stub.lambda.requests).toBe(invocations);
    expect((await yard.instance(first.body.id)).version).toBe(3);
    expect(stub.events.take()).toHaveLength(1);
    const after = await countedSince(startedAtMs);
    expect(after.succeeded - before.succeeded).toBe(1);
    expect(after.submitted - before.submitted).toBe(1);
  });

  async function again(name: "dispatch" | "complete" | "observe", events: readonly object[]) {
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(await here.yard.deliver(name, event)).toEqual([]);
  }

  /** Of the hours since then: there may be two. */
  async function countedSince(sinceMs: number) {
    const buckets = new Set([sinceMs, Date.now()].map((atMs) => bucketName("hour", atMs)));
    const records = await here.deployment.store.getMany(
      [...buckets].map((bucket) => keys.rollup("default", "resize", bucket, "lambda")),
    );
    const rollups = records.flatMap((record) =>
      record === undefined ? [] : [record.body as unknown as Rollup],
    );
    return {
      submitted: rollups.reduce((sum, rollup) => sum + rollup.submitted, 0),
      succeeded: rollups.reduce((sum, { finished }) => sum + (finished.succeeded ?? 0), 0),
    };
  }
});
