import { describe, expect, it } from "vitest";
import { runTaskInput } from "../../functions/adapters/aws/fargate/run-task-input.ts";
import { completionReader } from "../../functions/complete/completion-message.ts";
import type { ContainerContent } from "../../shared/contract/container.ts";
import { fargatePlace, fargateProof, fargateOrder as order } from "./fargate-place.ts";
import { StubEcs, type StubTask, stubClusterArn, type TaskEnd } from "./stub/stub-ecs.ts";

const ecs = new StubEcs();
let nowMs = 1_795_208_400_000;
ecs.now = () => nowMs;
const read = completionReader(stubClusterArn);

function taskOf(content: ContainerContent = "runner", started = true): StubTask {
  const input = runTaskInput(
    fargatePlace,
    order,
    { family: "switchyard-test-runner", content },
    { provider: "FARGATE", clientToken: order.attemptId, proof: fargateProof },
  );
  return {
    arn: "arn:aws:ecs:us-east-1:123456789012:task/switchyard-test/0123456789abcdef0123456789abcdef",
    // The stub's own type is stricter than that of the request.
    input: input as StubTask["input"],
    createdAtMs: 1_795_208_340_000,
    lastStatus: "RUNNING",
    ...(started ? { startedAtMs: 1_795_208_400_000 } : {}),
  };
}

function ended(end: TaskEnd, content: ContainerContent = "runner", started = true): string {
  nowMs = 1_795_208_405_000;
  return ecs.end(taskOf(content, started), end);
}

const from = {
  tenant: "acme",
  instanceId: order.instanceId,
  attemptId: order.attemptId,
  tokenFingerprint: fargateProof,
  externalId: taskOf().arn,
};
const startedAtMs = 1_795_208_400_000;

describe("the end of a task of ours", () => {
  it("of a container of one's own becomes its result, with the time it took", () => {
    expect(read(ended({ exitCode: 0 }, "container"))).toEqual({
      outcome: "read",
      value: { ...from, kind: "succeeded", startedAtMs, usage: { durationMs: 5_000 } },
    });
  });

  it("of a runner never is a result, whatever its exit code", () => {
    expect(read(ended({ exitCode: 0 }))).toMatchObject({
      value: { ...from, kind: "failed", error: { class: "crash" } },
    });
  });

  it.each<[TaskEnd, string]>([
    [
      { exitCode: 137, containerReason: "OutOfMemoryError: Container killed due to memory usage" },
      "out_of_memory",
    ],
    [
      {
        stopCode: "SpotInterruption",
        stoppedReason: "Your Spot Task was interrupted.",
        exitCode: 143,
      },
      "worker_lost",
    ],
    [{ stopCode: "InfrastructureHealth", exitCode: 137 }, "worker_lost"],
    [
      { stopCode: "UserInitiated", stoppedReason: "Task stopped by ana", exitCode: 0 },
      "worker_lost",
    ],
  ])("is classified from what ECS says: %j", (end, errorClass) => {
    expect(read(ended(end))).toMatchObject({ value: { error: { class: errorClass } } });
    expect(read(ended(end, "container"))).toMatchObject({
      value: { error: { class: errorClass } },
    });
  });

  it("before it started has neither a start nor a duration", () => {
    const reading = read(
      ended(
        {
          stopCode: "TaskFailedToStart",
          stoppedReason: "CannotPullContainerError: pull image manifest: not found",
        },
        "runner",
        false,
      ),
    );
    expect(reading).toEqual({
      outcome: "read",
      value: {
        ...from,
        kind: "failed",
        error: {
          class: "missing_function",
          message:
            "its container could not be started: CannotPullContainerError: pull image manifest: not found",
        },
      },
    });
  });
});

describe("the start of a task of ours", () => {
  it("is told for a container of one's own, which cannot tell it itself", () => {
    nowMs = startedAtMs;
    const value = { ...from, kind: "started", atMs: startedAtMs };
    expect(read(ecs.begin(taskOf("container")))).toEqual({ outcome: "read", value });
  });

  it("is left to the runner where there is one", () => {
    expect(read(ecs.begin(taskOf("runner")))).toEqual({ outcome: "ignored" });
  });

  it.each(["PROVISIONING", "PENDING", "STOPPING", "DEPROVISIONING"])("is not %s", (lastStatus) => {
    expect(read(ecs.eventOf({ ...taskOf("container"), lastStatus }))).toEqual({
      outcome: "ignored",
    });
  });
});

describe("an event that is not about an attempt", () => {
  // biome-ignore lint/suspicious/noExplicitAny: the test breaks what has a shape.
  type AnyEvent = any;
  const changed = (change: (detail: AnyEvent, event: AnyEvent) => void): string => {
    const event = JSON.parse(ended({ exitCode: 0 }, "container"));
    change(event.detail, event);
    return JSON.stringify(event);
  };
  const withoutVariable = (suffix: string) => (detail: AnyEvent) => {
    const [own] = detail.overrides.containerOverrides;
    own.environment = own.environment.filter(({ name }: AnyEvent) => !name.endsWith(suffix));
  };
  const having = (fields: object) => (detail: AnyEvent) => Object.assign(detail, fields);

  it.each<[string, (detail: AnyEvent) => unknown]>([
    ["is of another cluster", having({ clusterArn: `${stubClusterArn}-other` })],
    ["has no overrides", having({ overrides: { containerOverrides: [] } })],
    ["was started by somebody else", having({ startedBy: "ecs-svc/123" })],
    ["names no attempt", withoutVariable("ATTEMPT_ID")],
    ["shows no proof", withoutVariable("PROOF")],
  ])("is ignored when it %s", (_, change) => {
    expect(read(changed(change))).toEqual({ outcome: "ignored" });
  });

  it("is ignored where there is no cluster", () => {
    const body = ended({ exitCode: 0 }, "container");
    expect(completionReader(undefined)(body)).toEqual({ outcome: "ignored" });
  });

  it("is unreadable when it says it is of ECS and is not", () => {
    for (const body of ['{"source":"aws.ecs"}', changed((detail) => delete detail.taskArn)]) {
      expect(read(body).outcome).toBe("unreadable");
    }
  });

  it("may be a record of Lambda, which is read as before", () => {
    expect(read('{"source":"elsewhere"}').outcome).toBe("unreadable");
    expect(read("no JSON")).toEqual({ outcome: "unreadable", reason: "it is not JSON" });
  });
});
