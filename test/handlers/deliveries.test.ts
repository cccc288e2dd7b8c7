import { expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import { destinationRecord, sqsEvent } from "./lambda-events.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { succeed } from "./yard.ts";

const here = useYard();

const hintAt = (instanceId: string) =>
  JSON.stringify({ kind: "hint", tenant: "default", instanceId });

/** Submits and takes the hint away, so that a test can deliver it itself. */
async function submitQuietly(): Promise<string> {
  const { id } = await here.yard.submit();
  here.deployment.stub.sqs.take(here.deployment.dispatchQueueUrl);
  return id;
}

/** An instance in whose record version and body disagree: a bug that no repetition mends. */
async function corrupt(id: string): Promise<void> {
  const instance = await here.yard.instance(id);
  const body: Instance = { ...instance, version: instance.version + 7 };
  const key = keys.instance("default", id);
  await here.deployment.store.write([
    { kind: "put", expect: instance.version, record: { key, type: "instance", body } },
  ]);
}

const stateOf = async (id: string) => (await here.yard.instance(id)).state;

describeDeployed("a batch of hints", () => {
  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"kind":"hint"}',
    '{"kind":"hint","tenant":"","instanceId":"x"}',
    '{"kind":"other","tenant":"default","instanceId":"x"}',
    "\u0000\u{1F600}",
  ])("goes on past a message that reads %j, which is not delivered again", async (poison) => {
    const { deployment, yard } = here;
    const id = await submitQuietly();
    deployment.logs.take();
    const wanted = await yard.deliver("dispatch", sqsEvent([poison, hintAt(id)]));
    expect(wanted).toEqual([]);
    expect(await stateOf(id)).toBe("running");
    expect(deployment.logs.take()).toMatchObject([
      { level: "error", message: "message dropped: unreadable", function: "dispatch" },
    ]);
    expect(deployment.logs.takeMetrics()).toMatchObject([{ MessagesUnreadable: 1 }]);
  });

  it("takes a hint at an instance that is gone for what it is: nothing", async () => {
    const wanted = await here.yard.deliver("dispatch", sqsEvent([hintAt("ins_gone00000000")]));
    expect(wanted).toEqual([]);
  });

  it("asks again only for the message that failed", async () => {
    const { deployment, yard } = here;
    const [broken, good] = [await submitQuietly(), await submitQuietly()];
    await corrupt(broken);
    deployment.logs.take();
    const event = sqsEvent([hintAt(broken), hintAt(good)]);
    expect(await yard.deliver("dispatch", event)).toEqual([event.Records[0]?.messageId]);
    expect(await stateOf(good)).toBe("running");
    expect(deployment.logs.take()).toMatchObject([
      { level: "error", message: "message failed; it is delivered again" },
    ]);
  });

  it("starts once what the same batch hints at twice", async () => {
    const { deployment, yard } = here;
    const id = await submitQuietly();
    deployment.stub.lambda.take();
    const wanted = await yard.deliver("dispatch", sqsEvent([hintAt(id), hintAt(id), hintAt(id)]));
    expect(wanted).toEqual([]);
    expect(deployment.stub.lambda.take()).toHaveLength(1);
  });

  it("is delivered again when the table cannot be reached, and then works", async () => {
    const { deployment, yard } = here;
    const id = await submitQuietly();
    deployment.stub.lambda.take();
    deployment.wire.fail("GetItem", "throttle", "throttle", "throttle", "throttle", "throttle");
    const event = sqsEvent([hintAt(id)]);
    expect(await yard.deliver("dispatch", event)).toEqual([event.Records[0]?.messageId]);
    expect(deployment.stub.lambda.take()).toEqual([]);
    expect(await yard.deliver("dispatch", event)).toEqual([]);
    expect(await stateOf(id)).toBe("running");
  });

  it("starts nothing twice when the answer to its claim was lost", async () => {
    const { deployment, yard } = here;
    const id = await submitQuietly();
    deployment.stub.lambda.take();
    deployment.wire.fail("PutItem", "apply-then-cut");
    expect(await yard.deliver("dispatch", sqsEvent([hintAt(id)]))).toEqual([]);
    expect(await stateOf(id)).toBe("running");
    expect(deployment.stub.lambda.take()).toHaveLength(1);
  });
});

describeDeployed("a batch of destination records", () => {
  /** A record of a running attempt that succeeded. */
  async function record(): Promise<{ readonly id: string; readonly body: string }> {
    const { deployment, yard } = here;
    const id = await submitQuietly();
    deployment.stub.lambda.take();
    await yard.deliver("dispatch", sqsEvent([hintAt(id)]));
    const [invocation] = deployment.stub.lambda.take();
    if (invocation === undefined) throw new TypeError("nothing was invoked");
    return { id, body: destinationRecord(invocation, succeed()()) };
  }

  it("goes on past what is unreadable or not ours", async () => {
    const { deployment, yard } = here;
    const { id, body } = await record();
    const foreign = destinationRecord(
      { requestId: "r", functionArn: "arn:aws:lambda:::function:x", payload: { width: 1 } },
      succeed()(),
    );
    deployment.logs.take();
    const event = sqsEvent(["{", foreign, body], "completion");
    expect(await yard.deliver("complete", event)).toEqual([]);
    expect(await stateOf(id)).toBe("succeeded");
    expect(deployment.logs.take()).toMatchObject([{ message: "message dropped: unreadable" }]);
  });

  it("asks again only for the record that could not be saved", async () => {
    const { yard } = here;
    const [broken, good] = [await record(), await record()];
    await corrupt(broken.id);
    const event = sqsEvent([broken.body, good.body], "completion");
    expect(await yard.deliver("complete", event)).toEqual([event.Records[0]?.messageId]);
    expect(await stateOf(good.id)).toBe("succeeded");
  });

  it("changes nothing for a record with a wrong token", async () => {
    const { yard } = here;
    const { id, body } = await record();
    const { attempts } = await yard.instance(id);
    const forged = body.replace(attempts[0]?.token ?? "no token", "guessed");
    expect(forged).not.toBe(body);
    expect(await yard.deliver("complete", sqsEvent([forged], "completion"))).toEqual([]);
    expect(await stateOf(id)).toBe("running");
  });

  it("is delivered again when the table is throttled, and then works", async () => {
    const { deployment, yard } = here;
    const { id, body } = await record();
    deployment.wire.fail("PutItem", "throttle", "throttle", "throttle", "throttle", "throttle");
    const event = sqsEvent([body], "completion");
    expect(await yard.deliver("complete", event)).toEqual([event.Records[0]?.messageId]);
    expect(await stateOf(id)).toBe("running");
    expect(await yard.deliver("complete", event)).toEqual([]);
    expect(await stateOf(id)).toBe("succeeded");
  });

  it("is delivered again when others kept changing the instance", async () => {
    const { deployment, yard } = here;
    const { id, body } = await record();
    const losses = Array.from({ length: limits.casRetriesMax }, () => "lose" as const);
    deployment.wire.fail("PutItem", ...losses);
    const event = sqsEvent([body], "completion");
    expect(await yard.deliver("complete", event)).toEqual([event.Records[0]?.messageId]);
    expect(await stateOf(id)).toBe("running");
    expect(await yard.deliver("complete", event)).toEqual([]);
    expect(await stateOf(id)).toBe("succeeded");
  });

  it("knows its own write again when the answer to it was lost", async () => {
    const { deployment, yard } = here;
    const { id, body } = await record();
    deployment.wire.fail("PutItem", "apply-then-cut");
    expect(await yard.deliver("complete", sqsEvent([body], "completion"))).toEqual([]);
    expect(await yard.instance(id)).toMatchObject({ state: "succeeded", version: 3 });
  });
});

describeDeployed("an event of another kind", () => {
  it.each([undefined, null, {}, { Records: "x" }, { Records: [{ body: 1 }] }, []])(
    "fails the invocation when a queue's consumer gets %j",
    async (event) => {
      const { functions } = here.deployment;
      await expect(functions.dispatch(event)).rejects.toThrow("not one of an SQS queue");
      await expect(functions.complete(event)).rejects.toThrow("not one of an SQS queue");
    },
  );

  it("still makes the timekeeper do its work, and says so", async () => {
    const { deployment } = here;
    deployment.logs.take();
    const kept = await deployment.functions.timekeeper({ kind: "tock" });
    expect(kept).toMatchObject({ complete: true });
    const lines = deployment.logs.take();
    expect(lines).toContainEqual(expect.objectContaining({ message: "tick unreadable" }));
  });
});
