import { ECSClient } from "@aws-sdk/client-ecs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type FargateBackendOptions,
  fargateClientDefaults,
  openFargateBackend,
} from "../../functions/adapters/aws/fargate/fargate-backend.ts";
import { openIds } from "../../functions/runtime/system-ports.ts";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import { fargatePlace, fargateProof, fargateOrder as order } from "./fargate-place.ts";
import { type AwsStub, brokenDown, type StubFault, startAwsStub } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace } from "./stub/local-clients.ts";
import type { StubTask } from "./stub/stub-ecs.ts";

let stub: AwsStub;
let client: ECSClient;
let nowMs = 0;
beforeAll(async () => {
  stub = await startAwsStub();
  client = new ECSClient({ ...clientSettings(stub.endpoint), ...fargateClientDefaults });
  stub.ecs.now = () => nowMs;
});
afterAll(async () => {
  client.destroy();
  await stub.close();
});
beforeEach(() => {
  nowMs = 1_795_208_400_000;
  stub.ecs.families.clear();
  for (const family of ["runner", "runner-python", "task-report"]) {
    stub.ecs.families.add(`switchyard-test-${family}`);
  }
  stub.ecs.full.clear();
  stub.ecs.tasks.length = 0;
  stub.ecs.blindReads = 0;
});
afterEach(() => expect(stub.violations).toEqual([]));

let orders = 0;
/** Each has its own id: the cluster remembers client tokens. */
function orderOf(changes: Partial<AttemptOrder> = {}): AttemptOrder {
  const id = String(orders++).padStart(4, "0");
  return { ...order, attemptId: `att_01kaq3v5cs7h2m4d9x8w6t${id}`, ...changes };
}
function backend(changes: Partial<FargateBackendOptions> = {}) {
  const pace = { ...impatientPace(), clock: { now: () => nowMs } };
  return openFargateBackend({
    ...fargatePlace,
    client,
    spot: "off",
    ids: openIds(),
    pace,
    ...changes,
  });
}
function onlyTask(): StubTask {
  const [task, ...others] = stub.ecs.tasks;
  if (task === undefined || others.length > 0)
    throw new TypeError(`${stub.ecs.tasks.length} tasks`);
  return task;
}
const providers = () =>
  stub.ecs.tasks.map(({ input }) => input.capacityProviderStrategy[0]?.capacityProvider);

describe("starting an attempt on Fargate", () => {
  it("runs one task of the runner's family, with a pointer and nothing else", async () => {
    const given = orderOf({ memoryMb: 3_000, cpuCores: 1, storageMb: 40_000 });
    const outcome = await backend().start(given);
    const { arn, input } = onlyTask();
    expect(outcome).toEqual({ outcome: "accepted", externalId: arn });
    expect(input).toEqual({
      cluster: fargatePlace.clusterArn,
      taskDefinition: "switchyard-test-runner",
      count: 1,
      clientToken: given.attemptId,
      startedBy: given.attemptId,
      capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: ["subnet-0a1", "subnet-0b2"],
          securityGroups: ["sg-0c3"],
          assignPublicIp: "ENABLED",
        },
      },
      overrides: {
        cpu: "1024",
        memory: "3072",
        ephemeralStorage: { sizeInGiB: 40 },
        containerOverrides: [
          {
            name: "run",
            environment: [
              { name: "SWITCHYARD_API_URL", value: "https://api.example.test" },
              { name: "SWITCHYARD_AUTH", value: "iam" },
              { name: "SWITCHYARD_TENANT", value: "acme" },
              { name: "SWITCHYARD_INSTANCE_ID", value: order.instanceId },
              { name: "SWITCHYARD_ATTEMPT_ID", value: given.attemptId },
              { name: "SWITCHYARD_RUNS", value: "runner" },
              { name: "SWITCHYARD_PROOF", value: fargateProof },
            ],
          },
        ],
      },
    });
  });

  it("shows ECS neither the token nor the input, whatever a task says", async () => {
    const hostile = '"; rm -rf /';
    await backend().start(
      orderOf({
        config: { command: hostile, taskRoleArn: "arn:aws:iam::1:role/admin" },
        task: hostile,
        outputUrl: "https://secret.example.test/?signature=marker",
        inputRef: { id: "p", bytes: 1, sha256: "0".repeat(64), url: "https://x.test/?marker" },
      }),
    );
    const text = JSON.stringify(onlyTask().input);
    for (const secret of [order.token, "input-marker", "marker", "rm -rf", "admin"]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("the size of an attempt on Fargate", () => {
  it.each<[Partial<AttemptOrder>, string, string]>([
    [{}, "256", "1024"],
    [{ memoryMb: 512 }, "256", "512"],
    [{ memoryMb: 1_500 }, "256", "2048"],
    [{ memoryMb: 2_049 }, "512", "3072"],
    [{ cpuCores: 1.5 }, "2048", "4096"],
    [{ memoryMb: 61_000, cpuCores: 2 }, "8192", "61440"],
    [{ memoryMb: 120_000 }, "16384", "122880"],
  ])("rounds the size %j up to one that Fargate takes", async (size, cpu, memory) => {
    await backend().start(orderOf(size));
    expect(onlyTask().input.overrides).toMatchObject({ cpu, memory });
  });

  it("refuses a size beyond the largest without asking ECS", async () => {
    const before = stub.ecs.requests;
    const outcome = await backend().start(orderOf({ memoryMb: 400_000 }));
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "backend_fault" } });
    expect(stub.ecs.requests).toBe(before);
  });
});

describe("which container runs an attempt, and how often", () => {
  it("is the runner for the runtime of the deployed function", async () => {
    const runnerFamilies = {
      node: "switchyard-test-runner",
      python: "switchyard-test-runner-python",
    };
    const runtimeOf = async () => "python3.13" as const;
    await backend({ runnerFamilies, runtimeOf }).start(orderOf());
    expect(onlyTask().input.taskDefinition).toBe("switchyard-test-runner-python");
    const without = await backend({ runtimeOf }).start(orderOf());
    expect(without).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });

  it("starts once when it is repeated, at once or later", async () => {
    const given = orderOf();
    const first = await Promise.all([backend().start(given), backend().start(given)]);
    stub.ecs.end(onlyTask(), { exitCode: 0 });
    const later = await backend().start(given);
    const accepted = { outcome: "accepted", externalId: onlyTask().arn };
    expect([...first, later]).toEqual([accepted, accepted, accepted]);
  });

  it("takes a conflict for what it is: the attempt has been started already", async () => {
    const given = orderOf();
    await backend().start(given);
    const moved = backend({ subnets: ["subnet-0z9"] });
    expect(await moved.start(given)).toEqual({
      outcome: "accepted",
      externalId: onlyTask().arn,
    });
  });
});

describe("a container of one's own", () => {
  const run = { container: { family: "report" } };

  it("is run by its family below the prefix, in its own size", async () => {
    await backend().start(orderOf({ run }));
    const { input } = onlyTask();
    expect(input.taskDefinition).toBe("switchyard-test-task-report");
    expect(input.overrides).not.toHaveProperty("cpu");
    expect(JSON.stringify(input)).toContain('{"name":"SWITCHYARD_RUNS","value":"container"}');
  });

  it("gets the size that its task asks for", async () => {
    await backend().start(orderOf({ run, memoryMb: 4_096, cpuCores: 1 }));
    expect(onlyTask().input.overrides).toMatchObject({ cpu: "1024", memory: "4096" });
  });

  it.each(["../runner", "a:1", "*", "", "a/b", "a b", "arn:aws:ecs:x"])(
    "cannot leave the prefix by the name %j",
    async (family) => {
      const before = stub.ecs.requests;
      const outcome = await backend().start(orderOf({ run: { container: { family } } }));
      expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
      expect(stub.ecs.requests).toBe(before);
    },
  );

  it("is missing when nobody has registered it, and the sentence says what to do", async () => {
    const outcome = await backend().start(orderOf({ run: { container: { family: "none" } } }));
    expect(outcome).toMatchObject({
      outcome: "refused",
      error: {
        class: "missing_function",
        message: expect.stringMatching(/switchyard-test-task-none.*register a task definition/),
      },
    });
  });

  it("is not needed where the task has nothing to run here", async () => {
    const outcome = await backend().start(orderOf({ run: {} }));
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });
});

describe("Spot capacity", () => {
  const full =
    "Capacity is unavailable at this time. Please try again later or in a different availability zone";

  it("is used for what may be interrupted, where the deployment prefers it", async () => {
    await backend({ spot: "prefer" }).start(orderOf());
    await backend({ spot: "prefer" }).start(orderOf({ interruptible: false }));
    await backend({ spot: "off" }).start(orderOf());
    expect(providers()).toEqual(["FARGATE_SPOT", "FARGATE", "FARGATE"]);
  });

  it("gives way to on-demand capacity at once when it has no room", async () => {
    stub.ecs.full.set("FARGATE_SPOT", full);
    const given = orderOf();
    const outcome = await backend({ spot: "prefer" }).start(given);
    expect(outcome).toMatchObject({ outcome: "accepted" });
    expect(onlyTask().input).toMatchObject({
      startedBy: given.attemptId,
      clientToken: `${given.attemptId}.on-demand`,
    });
    expect(providers()).toEqual(["FARGATE"]);
  });

  it("gives way once: repeating the start finds the task on demand", async () => {
    stub.ecs.full.set("FARGATE_SPOT", full);
    const given = orderOf();
    await backend({ spot: "prefer" }).start(given);
    await backend({ spot: "prefer" }).start(given);
    expect(providers()).toEqual(["FARGATE"]);
  });

  it("refuses a container of one's own, which nobody could keep from running twice", async () => {
    stub.ecs.full.set("FARGATE_SPOT", full);
    const given = orderOf({ run: { container: { family: "report" } } });
    const outcome = await backend({ spot: "prefer" }).start(given);
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "no_capacity" } });
    expect(stub.ecs.tasks).toEqual([]);
  });

  it("does not give way when it is unknown whether Spot has started it", async () => {
    stub.fail("ecs", brokenDown, brokenDown, brokenDown);
    const outcome = await backend({ spot: "prefer" }).start(orderOf());
    expect(outcome).toMatchObject({ outcome: "unknown" });
    expect(stub.ecs.tasks).toEqual([]);
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
    stub.ecs.full.set("FARGATE", reason);
    const outcome = await backend().start(orderOf());
    expect(outcome).toMatchObject({
      outcome: "refused",
      error: { class: errorClass, message: expect.stringContaining(reason) },
    });
    expect(stub.ecs.tasks).toEqual([]);
  });

  it("for its quota says which one to raise", async () => {
    stub.ecs.full.set(
      "FARGATE",
      "You've reached the limit on the number of vCPUs you can run concurrently",
    );
    expect(await backend().start(orderOf())).toMatchObject({
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
    stub.fail("ecs", fault);
    const outcome = await backend().start(orderOf());
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: errorClass } });
  });

  it("for a cluster that does not exist says what to do", async () => {
    const clusterArn = fargatePlace.clusterArn.replace("test", "gone");
    expect(await backend({ clusterArn }).start(orderOf())).toMatchObject({
      outcome: "refused",
      error: {
        class: "backend_fault",
        message: expect.stringContaining("deploy the execution stack"),
      },
    });
  });

  it("is tried again after throttling, and counts as throttled when that goes on", async () => {
    const busy: StubFault = { kind: "refuse", status: 400, code: "ThrottlingException" };
    stub.fail("ecs", busy);
    expect(await backend().start(orderOf())).toMatchObject({ outcome: "accepted" });
    stub.fail("ecs", busy, busy, busy);
    const outcome = await backend().start(orderOf());
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "throttled" } });
  });
});

describe("a start without an answer", () => {
  it.each<[string, StubFault]>([
    ["the connection is cut after the call", { kind: "apply-then-cut" }],
    ["the connection is cut before the call", { kind: "cut" }],
    ["ECS breaks down", brokenDown],
  ])("is repeated and finds the one task when %s", async (_, fault) => {
    stub.fail("ecs", fault);
    const outcome = await backend().start(orderOf());
    expect(outcome).toEqual({ outcome: "accepted", externalId: onlyTask().arn });
  });
});

describe("stopping an attempt on Fargate", () => {
  it("stops its task, with a reason, and is harmless when repeated", async () => {
    const given = orderOf();
    await backend().start(given);
    await backend().stop(given);
    await backend().stop(given);
    expect(onlyTask()).toMatchObject({
      lastStatus: "STOPPED",
      stopCode: "UserInitiated",
      stoppedReason: expect.stringContaining("no longer counts"),
    });
  });

  it("looks again when the task cannot be seen yet", async () => {
    const given = orderOf();
    await backend().start(given);
    stub.ecs.blindReads = 1;
    await backend().stop(given);
    expect(onlyTask().lastStatus).toBe("STOPPED");
  });

  it("is harmless when there never was one", async () => {
    await expect(backend().stop(orderOf())).resolves.toBeUndefined();
  });

  it("stops no other attempt's task, whatever a runner says its name is", async () => {
    const other = orderOf();
    await backend().start(other);
    await backend().stop({ ...orderOf(), externalId: onlyTask().arn });
    expect(onlyTask().lastStatus).toBe("PROVISIONING");
  });
});

describe("what ECS shows of an attempt", () => {
  const minuteMs = 60_000;

  it("is queued, then running, then gone once the news of its end has had time", async () => {
    const given = orderOf();
    await backend().start(given);
    const externalId = onlyTask().arn;
    const look = () => backend().inspect({ ...given, externalId });
    expect(await look()).toBe("queued");
    stub.ecs.begin(onlyTask());
    expect(await look()).toBe("running");
    stub.ecs.end(onlyTask(), { exitCode: 0 });
    expect(await look()).toBe("running");
    nowMs += 3 * minuteMs;
    expect(await look()).toBe("gone");
    stub.ecs.forget(onlyTask());
    expect(await look()).toBe("unknown");
  });

  it("is unknown while reads lag behind its start, and when it never was", async () => {
    const given = orderOf();
    await backend().start(given);
    stub.ecs.blindReads = 2;
    expect(await backend().inspect({ ...given, externalId: onlyTask().arn })).toBe("unknown");
    expect(await backend().inspect(given)).toBe("queued");
    expect(await backend().inspect(orderOf())).toBe("unknown");
  });

  it("is no longer queued when it has been stuck for a quarter of an hour", async () => {
    const given = orderOf();
    await backend().start(given);
    nowMs += 14 * minuteMs;
    expect(await backend().inspect(given)).toBe("queued");
    nowMs += 2 * minuteMs;
    expect(await backend().inspect(given)).toBe("unknown");
  });
});
