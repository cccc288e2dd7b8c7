import { beforeEach, expect, it } from "vitest";
import { fargatePlace } from "./fargate-place.ts";
import { sqsEvent, tickEvent } from "./lambda-events.ts";
import type { StubTask, TaskEnd } from "./stub/stub-ecs.ts";
import { describeDeployed, useYard } from "./use-yard.ts";

const here = useYard({
  environment: {
    FARGATE: "on",
    FARGATE_SPOT: "on",
    CLUSTER_ARN: fargatePlace.clusterArn,
    FARGATE_SUBNETS: fargatePlace.subnets.join(","),
    FARGATE_SECURITY_GROUPS: fargatePlace.securityGroups.join(","),
    RUNNER_FAMILY: fargatePlace.runnerFamilies.node,
    TASK_FAMILY_PREFIX: fargatePlace.taskFamilyPrefix,
    API_URL: fargatePlace.apiUrl,
  },
});

const forget = () => {
  const { stub, dispatchQueueUrl, logs } = here.deployment;
  stub.ecs.families.add(fargatePlace.runnerFamilies.node);
  stub.ecs.families.add(`${fargatePlace.taskFamilyPrefix}report`);
  stub.ecs.full.clear();
  stub.ecs.tasks.length = 0;
  stub.sqs.take(dispatchQueueUrl);
  logs.take();
};

/** Defines and submits a task that runs in a container, and lets the dispatcher start it. */
async function started(run: object, spec: object = {}): Promise<{ id: string; task: StubTask }> {
  const { yard, deployment } = here;
  const body = { run, ...spec };
  const { status } = await yard.http({ method: "PUT", path: "/v1/tasks/report", body });
  expect([200, 201]).toContain(status);
  deployment.logs.take();
  const { id } = await yard.submit({ task: "report", backend: "fargate" });
  await yard.dispatch();
  const task = deployment.stub.ecs.tasks.at(-1);
  if (task === undefined) throw new TypeError(JSON.stringify(await yard.instance(id)));
  return { id, task };
}

async function tell(...events: readonly string[]): Promise<void> {
  expect(await here.yard.deliver("complete", sqsEvent(events, "complete"))).toEqual([]);
}
const end = (task: StubTask, how: TaskEnd) => here.deployment.stub.ecs.end(task, how);
const providerOf = ({ input }: StubTask) => input.capacityProviderStrategy[0]?.capacityProvider;
const ownContainer = { container: { family: "report" } };
const function_ = { function: { module: "report.mjs" } };

describeDeployed("a container of one's own through the deployed bundles", () => {
  beforeEach(forget);

  it("is started by the dispatcher and told of by ECS until its exit code is the result", async () => {
    const { deployment, yard } = here;
    const { id, task } = await started(ownContainer);
    expect(task.input.taskDefinition).toBe("switchyard-test-task-report");
    expect((await yard.instance(id)).state).toBe("dispatched");
    await tell(deployment.stub.ecs.begin(task));
    expect(await yard.instance(id)).toMatchObject({
      state: "running",
      attempts: [{ externalId: task.arn }],
    });
    await tell(end(task, { exitCode: 0 }));
    const instance = await yard.instance(id);
    expect(instance).toMatchObject({ state: "succeeded", attempts: [{ outcome: "succeeded" }] });
    expect(instance).not.toHaveProperty("output");
    expect(deployment.logs.take()).toEqual([]);
  });

  it("has failed with any other exit code, even if its start was never told", async () => {
    const { id, task } = await started(ownContainer, { retry: { maxAttempts: 1 } });
    await tell(end(task, { exitCode: 64 }));
    expect(await here.yard.instance(id)).toMatchObject({
      state: "failed",
      error: { class: "error", message: "it ended with exit code 64" },
    });
  });

  it("is judged once, however often and late ECS tells it", async () => {
    const { deployment, yard } = here;
    const { id, task } = await started(ownContainer);
    const begun = deployment.stub.ecs.begin(task);
    const ended = end(task, { exitCode: 0 });
    await tell(ended, begun, ended);
    const { version, state } = await yard.instance(id);
    expect(state).toBe("succeeded");
    await tell(begun, ended);
    expect((await yard.instance(id)).version).toBe(version);
  });

  it("is found out to be gone when the news of its end was lost", async () => {
    const { deployment, yard } = here;
    const { id, task } = await started(ownContainer);
    await tell(deployment.stub.ecs.begin(task));
    end(task, { exitCode: 0 });
    task.stoppedAtMs = Date.now() - 600_000;
    await here.yard.makeOverdue(id);
    await deployment.functions.timekeeper(tickEvent());
    await yard.dispatch();
    expect(await yard.instance(id)).toMatchObject({
      state: "pending",
      infraFailures: 1,
      attempts: [{ outcome: "lost", error: { class: "worker_lost" } }],
    });
  });

  it("is stopped when its instance is cancelled", async () => {
    const { deployment, yard } = here;
    const { id, task } = await started(ownContainer);
    await tell(deployment.stub.ecs.begin(task));
    await yard.http({ method: "POST", path: `/v1/instances/${id}/cancel`, body: {} });
    await yard.dispatch();
    expect(task).toMatchObject({ lastStatus: "STOPPED", stopCode: "UserInitiated" });
    await tell(deployment.stub.ecs.eventOf(task));
    expect((await yard.instance(id)).state).toBe("cancelled");
  });
});

describeDeployed("a function in a container through the deployed bundles", () => {
  beforeEach(forget);

  /** What the runner in the container does first. */
  async function begin(id: string, task: StubTask) {
    const path = `/v1/attempts/${task.input.startedBy}/begin`;
    const body = { instanceId: id, runner: task.arn };
    const answer = await here.yard.http({ method: "POST", path, body });
    expect(answer.status).toBe(200);
    return answer.body as { readonly token: string };
  }

  it("keeps the result that its runner reported, whatever the exit code", async () => {
    const { deployment, yard } = here;
    const { id, task } = await started(function_);
    const begun = deployment.stub.ecs.begin(task);
    const { token } = await begin(id, task);
    const answer = await yard.http({
      method: "POST",
      path: `/v1/attempts/${task.input.startedBy}/complete`,
      body: { instanceId: id, token, outcome: "succeeded", output: { pages: 3 } },
    });
    expect(answer).toMatchObject({ status: 200, body: { result: "recorded" } });
    const { version } = await yard.instance(id);
    await tell(begun, end(task, { exitCode: 1 }));
    expect(await yard.instance(id)).toMatchObject({ version, output: { pages: 3 } });
    expect(deployment.logs.take()).toEqual([]);
  });

  it("has crashed when its container ends without a result, even with exit code 0", async () => {
    const { id, task } = await started(function_, { retry: { maxAttempts: 1 } });
    await begin(id, task);
    await tell(end(task, { exitCode: 0 }));
    expect(await here.yard.instance(id)).toMatchObject({
      state: "failed",
      error: { class: "crash" },
    });
  });

  it("runs on Spot first, and on demand after an interruption", async () => {
    const { deployment, yard } = here;
    const { id, task } = await started(function_);
    expect(providerOf(task)).toBe("FARGATE_SPOT");
    await begin(id, task);
    await tell(end(task, { stopCode: "SpotInterruption", exitCode: 143 }));
    expect(await yard.instance(id)).toMatchObject({
      state: "pending",
      taskFailures: 0,
      infraFailures: 1,
      attempts: [{ error: { class: "worker_lost" }, pricing: { spot: true } }],
    });
    await here.yard.makeOverdue(id);
    await deployment.functions.timekeeper(tickEvent());
    await yard.dispatch();
    const second = deployment.stub.ecs.tasks.at(-1);
    if (second === undefined) throw new TypeError("no second task");
    expect(providerOf(second)).toBe("FARGATE");
    expect((await yard.instance(id)).attempts[1]).toMatchObject({ pricing: { spot: false } });
  });

  it("is not ended by another container that was started for the same attempt", async () => {
    const { deployment, yard } = here;
    const { id, task } = await started(function_);
    await begin(id, task);
    const { version } = await yard.instance(id);
    const twin = { ...task, arn: task.arn.replace(/.{4}$/, "0000") };
    await tell(deployment.stub.ecs.end(twin, { exitCode: 0 }));
    expect(await yard.instance(id)).toMatchObject({ state: "running", version });
  });

  it("costs the task nothing when there is no room for it", async () => {
    const { deployment, yard } = here;
    const full = "Capacity is unavailable at this time.";
    deployment.stub.ecs.full.set("FARGATE", full).set("FARGATE_SPOT", full);
    await yard.http({ method: "PUT", path: "/v1/tasks/report", body: { run: function_ } });
    const { id } = await yard.submit({ task: "report", backend: "fargate" });
    await yard.dispatch();
    expect(await yard.instance(id)).toMatchObject({
      state: "pending",
      taskFailures: 0,
      attempts: [{ error: { class: "no_capacity" } }],
    });
  });
});

describeDeployed("a message that pretends to come from ECS", () => {
  beforeEach(forget);

  it("changes nothing without the proof that only we and ECS have", async () => {
    const { yard } = here;
    const { id, task } = await started(ownContainer);
    const { version } = await yard.instance(id);
    const proof = task.input.overrides.containerOverrides[0]?.environment.at(-1)?.value ?? "";
    const forged = end(task, { exitCode: 0 }).replaceAll(proof, "0".repeat(64));
    expect(forged).toContain("0".repeat(64));
    await tell(forged);
    expect(await yard.instance(id)).toMatchObject({ state: "dispatched", version });
  });
});
