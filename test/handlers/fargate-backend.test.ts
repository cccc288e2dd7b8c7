import { describe, expect, it } from "vitest";
import { fargatePlace } from "./fargate-place.ts";
import { brokenDown, type StubFault } from "./stub/aws-stub.ts";
import { useFargate } from "./use-fargate.ts";

const here = useFargate();

describe("Spot capacity", () => {
  const full =
    "Capacity is unavailable at this time. Please try again later or in a different availability zone";

  it("is used for what may be interrupted, where the deployment prefers it", async () => {
    await here.backend({ spot: "prefer" }).start(here.orderOf());
    await here.backend({ spot: "prefer" }).start(here.orderOf({ interruptible: false }));
    await here.backend({ spot: "off" }).start(here.orderOf());
    expect(here.providers()).toEqual(["FARGATE_SPOT", "FARGATE", "FARGATE"]);
  });

  it("gives way to on-demand capacity at once when it has no room", async () => {
    here.stub.ecs.full.set("FARGATE_SPOT", full);
    const given = here.orderOf();
    const outcome = await here.backend({ spot: "prefer" }).start(given);
    expect(outcome).toMatchObject({ outcome: "accepted" });
    expect(here.onlyTask().input).toMatchObject({
      startedBy: given.attemptId,
      clientToken: `${given.attemptId}.on-demand`,
    });
    expect(here.providers()).toEqual(["FARGATE"]);
  });

  it("gives way once: repeating the start finds the task on demand", async () => {
    here.stub.ecs.full.set("FARGATE_SPOT", full);
    const given = here.orderOf();
    await here.backend({ spot: "prefer" }).start(given);
    await here.backend({ spot: "prefer" }).start(given);
    expect(here.providers()).toEqual(["FARGATE"]);
  });

  it("refuses a container of one's own, which nobody could keep from running twice", async () => {
    here.stub.ecs.full.set("FARGATE_SPOT", full);
    const given = here.orderOf({ run: { container: { family: "report" } } });
    const outcome = await here.backend({ spot: "prefer" }).start(given);
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "no_capacity" } });
    expect(here.stub.ecs.tasks).toEqual([]);
  });

  it("does not give way when it is unknown whether Spot has started it", async () => {
    here.stub.fail("ecs", brokenDown, brokenDown, brokenDown);
    const outcome = await here.backend({ spot: "prefer" }).start(here.orderOf());
    expect(outcome).toMatchObject({ outcome: "unknown" });
    expect(here.stub.ecs.tasks).toEqual([]);
  });
});

describe("a start that ECS refuses", () => {
  it.each([
    ["RESOURCE:CPU", "no_capacity"],
    ["RESOURCE:MEMORY", "no_capacity"],
    ["Capacity is unavailable at this time.", "no_capacity"],
    ["You've reached the limit on the number of vCPUs you can run concurrently", "no_capacity"],
    ["Rate exceeded", "throttled"],
    ["AGENT", "backend_fault"],
  ])("in failures[] is told apart: %s", async (reason, errorClass) => {
    here.stub.ecs.full.set("FARGATE", reason);
    const outcome = await here.backend().start(here.orderOf());
    expect(outcome).toMatchObject({
      outcome: "refused",
      error: { class: errorClass, message: expect.stringContaining(reason) },
    });
    expect(here.stub.ecs.tasks).toEqual([]);
  });

  it("for its quota says which one to raise", async () => {
    here.stub.ecs.full.set(
      "FARGATE",
      "You've reached the limit on the number of vCPUs you can run concurrently",
    );
    expect(await here.backend().start(here.orderOf())).toMatchObject({
      error: { message: expect.stringContaining("Fargate On-Demand vCPU resource count") },
    });
  });

  it.each<[string, StubFault, string]>([
    [
      "access",
      { kind: "refuse", status: 400, code: "AccessDeniedException" },
      "missing_permission",
    ],
    [
      "a blocked account",
      { kind: "refuse", status: 400, code: "BlockedException" },
      "backend_fault",
    ],
    [
      "the credentials",
      { kind: "refuse", status: 400, code: "UnrecognizedClientException" },
      "backend_fault",
    ],
  ])("for %s is refused for certain", async (_, fault, errorClass) => {
    here.stub.fail("ecs", fault);
    const outcome = await here.backend().start(here.orderOf());
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: errorClass } });
  });

  it("for a cluster that does not exist says what to do", async () => {
    const clusterArn = fargatePlace.clusterArn.replace("test", "gone");
    expect(await here.backend({ clusterArn }).start(here.orderOf())).toMatchObject({
      outcome: "refused",
      error: {
        class: "backend_fault",
        message: expect.stringContaining("deploy the execution stack"),
      },
    });
  });

  it("is tried again after throttling, and counts as throttled when that goes on", async () => {
    const busy: StubFault = { kind: "refuse", status: 400, code: "ThrottlingException" };
    here.stub.fail("ecs", busy);
    expect(await here.backend().start(here.orderOf())).toMatchObject({ outcome: "accepted" });
    here.stub.fail("ecs", busy, busy, busy);
    const outcome = await here.backend().start(here.orderOf());
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "throttled" } });
  });
});

describe("a start without an answer", () => {
  it.each<[string, StubFault]>([
    ["the connection is cut after the call", { kind: "apply-then-cut" }],
    ["the connection is cut before the call", { kind: "cut" }],
    ["ECS breaks down", brokenDown],
  ])("is repeated and finds the one task when %s", async (_, fault) => {
    here.stub.fail("ecs", fault);
    const outcome = await here.backend().start(here.orderOf());
    expect(outcome).toEqual({ outcome: "accepted", externalId: here.onlyTask().arn });
  });
});

describe("stopping an attempt on Fargate", () => {
  it("stops its task, with a reason, and is harmless when repeated", async () => {
    const given = here.orderOf();
    await here.backend().start(given);
    await here.backend().stop(given);
    await here.backend().stop(given);
    expect(here.onlyTask()).toMatchObject({
      lastStatus: "STOPPED",
      stopCode: "UserInitiated",
      stoppedReason: expect.stringContaining("no longer counts"),
    });
  });

  it("looks again when the task cannot be seen yet", async () => {
    const given = here.orderOf();
    await here.backend().start(given);
    here.stub.ecs.blindReads = 1;
    await here.backend().stop(given);
    expect(here.onlyTask().lastStatus).toBe("STOPPED");
  });

  it("is harmless when there never was one", async () => {
    await expect(here.backend().stop(here.orderOf())).resolves.toBeUndefined();
  });

  it("stops no other attempt's task, whatever a runner says its name is", async () => {
    const other = here.orderOf();
    await here.backend().start(other);
    await here.backend().stop({ ...here.orderOf(), externalId: here.onlyTask().arn });
    expect(here.onlyTask().lastStatus).toBe("PROVISIONING");
  });
});

describe("what ECS shows of an attempt", () => {
  const minuteMs = 60_000;

  it("is queued, then running, then gone once the news of its end has had time", async () => {
    const given = here.orderOf();
    await here.backend().start(given);
    const externalId = here.onlyTask().arn;
    const look = () => here.backend().inspect({ ...given, externalId });
    expect(await look()).toBe("queued");
    here.stub.ecs.begin(here.onlyTask());
    expect(await look()).toBe("running");
    here.stub.ecs.end(here.onlyTask(), { exitCode: 0 });
    expect(await look()).toBe("running");
    here.nowMs += 3 * minuteMs;
    expect(await look()).toBe("gone");
    here.stub.ecs.forget(here.onlyTask());
    expect(await look()).toBe("unknown");
  });

  it("is unknown while reads lag behind its start, and when it never was", async () => {
    const given = here.orderOf();
    await here.backend().start(given);
    here.stub.ecs.blindReads = 2;
    expect(await here.backend().inspect({ ...given, externalId: here.onlyTask().arn })).toBe(
      "unknown",
    );
    expect(await here.backend().inspect(given)).toBe("queued");
    expect(await here.backend().inspect(here.orderOf())).toBe("unknown");
  });

  it("is no longer queued when it has been stuck for a quarter of an hour", async () => {
    const given = here.orderOf();
    await here.backend().start(given);
    here.nowMs += 14 * minuteMs;
    expect(await here.backend().inspect(given)).toBe("queued");
    here.nowMs += 2 * minuteMs;
    expect(await here.backend().inspect(given)).toBe("unknown");
  });
});
