import { expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { tickEvent } from "./lambda-events.ts";
import { throttled } from "./stub/aws-stub.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { resizeArn, succeed, throwError } from "./yard.ts";

const here = useYard();

describeDeployed("an attempt that cannot start as it should", () => {
  it("waits for a wake when Lambda has no room, and the dispatcher feeds no queue", async () => {
    const { deployment, yard } = here;
    const { stub } = deployment;
    const { id } = await yard.submit();
    stub.fail("lambda", throttled, throttled, throttled);
    const sentBefore = stub.sqs.requests;
    await yard.dispatch();
    expect(stub.sqs.requests).toBe(sentBefore);
    expect(await yard.instance(id)).toMatchObject({
      state: "pending",
      waiting: "backoff",
      taskFailures: 0,
      infraFailures: 1,
      attempts: [{ outcome: "lost", error: { class: "throttled" } }],
    });
  });

  it("still counts when the start's answer was lost", async () => {
    const { deployment, yard } = here;
    const { id } = await yard.submit();
    deployment.stub.fail("lambda", { kind: "apply-then-cut" });
    await yard.dispatch();
    expect((await yard.instance(id)).state).toBe("running");
    await yard.complete(succeed());
    expect((await yard.instance(id)).state).toBe("succeeded");
  });

  it("fails for good when the function does not exist or may not be run", async () => {
    const { yard } = here;
    const gone = resizeArn.replace("resize", "gone");
    await yard.http({
      method: "PUT",
      path: "/v1/tasks/gone",
      body: { run: { lambda: { functionArn: gone } } },
    });
    const own = resizeArn.replace("resize", "switchyard-test-complete");
    await yard.http({
      method: "PUT",
      path: "/v1/tasks/own",
      body: { run: { lambda: { functionArn: own } } },
    });
    const [missing, forbidden] = [
      await yard.submit({ task: "gone" }),
      await yard.submit({ task: "own" }),
    ];
    await yard.dispatch();
    const classOf = async (id: string) => (await yard.instance(id)).error?.class;
    expect(await classOf(missing.id)).toBe("missing_function");
    expect(await classOf(forbidden.id)).toBe("missing_permission");
  });

  it("is granted anew when its hint was lost", async () => {
    const { deployment, yard } = here;
    const { stub, functions, dispatchQueueUrl } = deployment;
    const { id } = await yard.submit();
    const lost = stub.sqs.take(dispatchQueueUrl);
    expect(lost).toHaveLength(1);
    await here.yard.makeOverdue(id);
    await functions.timekeeper(tickEvent());
    await yard.dispatch();
    expect(await yard.instance(id)).toMatchObject({
      state: "pending",
      attempts: [{ outcome: "lost", error: { class: "hand_over_lost" } }],
    });
    await here.yard.makeOverdue(id);
    await functions.timekeeper(tickEvent());
    await yard.dispatch();
    await yard.complete(succeed());
    expect(await yard.instance(id)).toMatchObject({ state: "succeeded", attemptCount: 2 });
  });
});

describeDeployed("a long chain of retries", () => {
  it("is left to the timekeeper before Lambda takes it for an endless loop", async () => {
    const { deployment, yard } = here;
    const { stub, dispatchQueueUrl } = deployment;
    await yard.defineTask({ retry: { maxAttempts: 20, delayMs: 0 } });
    await yard.submit();
    let rounds = 0;
    for (; rounds <= limits.attemptsMax; rounds++) {
      if ((await yard.dispatch()).length === 0) break;
      await yard.complete(throwError("again"));
    }
    expect(rounds).toBe(limits.hintedAttemptsMax);
    expect(stub.sqs.take(dispatchQueueUrl)).toEqual([]);
  });
});
