import { describe, expect, it } from "vitest";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import { fargatePlace, fargateProof, fargateOrder as order } from "./fargate-place.ts";
import { useFargate } from "./use-fargate.ts";

const here = useFargate();

describe("starting an attempt on Fargate", () => {
  it("runs one task of the runner's family, with a pointer and nothing else", async () => {
    const given = here.orderOf({ memoryMb: 3_000, cpuCores: 1, storageMb: 40_000 });
    const outcome = await here.backend().start(given);
    const { arn, input } = here.onlyTask();
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
    await here.backend().start(
      here.orderOf({
        config: { command: hostile, taskRoleArn: "arn:aws:iam::1:role/admin" },
        task: hostile,
        outputUrl: "https://secret.example.test/?signature=marker",
        inputRef: { id: "p", bytes: 1, sha256: "0".repeat(64), url: "https://x.test/?marker" },
      }),
    );
    const text = JSON.stringify(here.onlyTask().input);
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
    await here.backend().start(here.orderOf(size));
    expect(here.onlyTask().input.overrides).toMatchObject({ cpu, memory });
  });

  it("refuses a size beyond the largest without asking ECS", async () => {
    const before = here.stub.ecs.requests;
    const outcome = await here.backend().start(here.orderOf({ memoryMb: 400_000 }));
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "backend_fault" } });
    expect(here.stub.ecs.requests).toBe(before);
  });
});

describe("which container runs an attempt, and how often", () => {
  it("is the runner for the runtime of the deployed function", async () => {
    const runnerFamilies = {
      node: "switchyard-test-runner",
      python: "switchyard-test-runner-python",
    };
    const runtimeOf = async () => "python3.13" as const;
    await here.backend({ runnerFamilies, runtimeOf }).start(here.orderOf());
    expect(here.onlyTask().input.taskDefinition).toBe("switchyard-test-runner-python");
    const without = await here.backend({ runtimeOf }).start(here.orderOf());
    expect(without).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });

  it("starts once when it is repeated, at once or later", async () => {
    const given = here.orderOf();
    const first = await Promise.all([here.backend().start(given), here.backend().start(given)]);
    here.stub.ecs.end(here.onlyTask(), { exitCode: 0 });
    const later = await here.backend().start(given);
    const accepted = { outcome: "accepted", externalId: here.onlyTask().arn };
    expect([...first, later]).toEqual([accepted, accepted, accepted]);
  });

  it("takes a conflict for what it is: the attempt has been started already", async () => {
    const given = here.orderOf();
    await here.backend().start(given);
    const moved = here.backend({ subnets: ["subnet-0z9"] });
    expect(await moved.start(given)).toEqual({
      outcome: "accepted",
      externalId: here.onlyTask().arn,
    });
  });
});

describe("a container of one's own", () => {
  const run = { container: { family: "report" } };

  it("is run by its family below the prefix, in its own size", async () => {
    await here.backend().start(here.orderOf({ run }));
    const { input } = here.onlyTask();
    expect(input.taskDefinition).toBe("switchyard-test-task-report");
    expect(input.overrides).not.toHaveProperty("cpu");
    expect(JSON.stringify(input)).toContain('{"name":"SWITCHYARD_RUNS","value":"container"}');
  });

  it("gets the size that its task asks for", async () => {
    await here.backend().start(here.orderOf({ run, memoryMb: 4_096, cpuCores: 1 }));
    expect(here.onlyTask().input.overrides).toMatchObject({ cpu: "1024", memory: "4096" });
  });

  it.each(["../runner", "a:1", "*", "", "a/b", "a b", "arn:aws:ecs:x"])(
    "cannot leave the prefix by the name %j",
    async (family) => {
      const before = here.stub.ecs.requests;
      const outcome = await here.backend().start(here.orderOf({ run: { container: { family } } }));
      expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
      expect(here.stub.ecs.requests).toBe(before);
    },
  );

  it("is missing when nobody has registered it, and the sentence says what to do", async () => {
    const outcome = await here
      .backend()
      .start(here.orderOf({ run: { container: { family: "none" } } }));
    expect(outcome).toMatchObject({
      outcome: "refused",
      error: {
        class: "missing_function",
        message: expect.stringMatching(/switchyard-test-task-none.*register a task definition/),
      },
    });
  });

  it("is not needed where the task has nothing to run here", async () => {
    const outcome = await here.backend().start(here.orderOf({ run: {} }));
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });
});
