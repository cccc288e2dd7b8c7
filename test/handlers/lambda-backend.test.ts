import type { LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openLambdaBackend } from "../../functions/adapters/aws/lambda-backend.ts";
import { openLambdaClient } from "../../functions/adapters/aws/lambda-client.ts";
import { limits } from "../../shared/core/limits.ts";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import { route } from "../../shared/routing/route.ts";
import { TaskSpec } from "../../shared/task/task.ts";
import { openRuleSet } from "../fixtures/fixed-routing.ts";
import {
  type AwsStub,
  brokenDown,
  type StubFault,
  startAwsStub,
  throttled,
} from "./stub/aws-stub.ts";
import { clientSettings, impatientPace } from "./stub/local-clients.ts";

const arnOf = (name: string, account = "123456789012") =>
  `arn:aws:lambda:us-east-1:${account}:function:${name}:live`;
const functionArn = arnOf("resize");

let nowMs = 1_795_208_400_000;
const clock = { now: () => nowMs };
let stub: AwsStub;
let client: LambdaClient;
beforeAll(async () => {
  stub = await startAwsStub();
  stub.lambda.functions.add(functionArn);
  client = openLambdaClient(clock, clientSettings(stub.endpoint));
});
afterAll(async () => {
  client.destroy();
  await stub.close();
});
afterEach(() => expect(stub.violations).toEqual([]));

const backend = () =>
  openLambdaBackend({
    client,
    accountId: "123456789012",
    controlPlaneFunctionPrefix: "switchyard-test-",
    pace: impatientPace(),
  });

const order: AttemptOrder = {
  tenant: "acme",
  instanceId: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
  attemptId: "att_01kaq3v5cs7h2m4d9x8w6t0r1b",
  attempt: 2,
  token: "secret-token",
  task: "resize",
  taskVersion: 3,
  run: { lambda: { functionArn } },
  input: { text: "ünïcödé \u0000 \u{1F600}" },
  config: { quality: 80 },
  priority: 5,
  timeoutMs: 300_000,
  deadlineAtMs: 1_795_208_700_000,
};
const orderFor = (arn: string): AttemptOrder => ({
  ...order,
  run: { lambda: { functionArn: arn } },
});

describe("starting an attempt on Lambda", () => {
  it("invokes the function asynchronously with the envelope and the token", async () => {
    const outcome = await backend().start(order);
    const [invocation, ...others] = stub.lambda.take();
    expect(others).toEqual([]);
    expect(outcome).toEqual({ outcome: "accepted", externalId: invocation?.requestId });
    expect(invocation).toMatchObject({
      functionArn,
      payload: {
        version: 1,
        task_id: order.instanceId,
        instance: { id: order.instanceId, tenant: "acme", task: "resize", task_version: 3 },
        attempt: { id: order.attemptId, number: 2 },
        attempt_token: "secret-token",
        inputs: order.input,
        config: { quality: 80 },
        deadline: "2026-11-20T21:05:00.000Z",
        resource_limits: { timeout_ms: 300_000 },
      },
    });
  });

  it.each([
    ["a function of the control plane", arnOf("switchyard-test-dispatch"), "control plane"],
    ["a function of another account", arnOf("resize", "999999999999"), "another account"],
  ])("refuses %s without asking Lambda", async (_, arn, reason) => {
    const requestsBefore = stub.lambda.requests;
    const outcome = await backend().start(orderFor(arn));
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_permission" } });
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining(reason) } });
    expect(stub.lambda.requests).toBe(requestsBefore);
  });

  it("refuses a task that has no function", async () => {
    const outcome = await backend().start({ ...order, run: {} });
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });

  it("refuses an event above the limit without asking Lambda", async () => {
    const outcome = await backend().start({ ...order, input: "\u0001".repeat(200_000) });
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "payload_too_large" } });
  });
});

describe("a start that Lambda refuses", () => {
  it.each<[string, StubFault, string]>([
    [
      "there is no such function",
      { kind: "refuse", status: 404, code: "ResourceNotFoundException" },
      "missing_function",
    ],
    [
      "it may not be invoked",
      { kind: "refuse", status: 403, code: "AccessDeniedException" },
      "missing_permission",
    ],
    [
      "the event is too large",
      { kind: "refuse", status: 413, code: "RequestTooLargeException" },
      "payload_too_large",
    ],
    [
      "the credentials are not valid",
      { kind: "refuse", status: 403, code: "UnrecognizedClientException" },
      "backend_fault",
    ],
  ])("is refused for certain when %s", async (_, fault, errorClass) => {
    stub.fail("lambda", fault);
    const outcome = await backend().start(order);
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: errorClass } });
    expect(stub.lambda.take()).toEqual([]);
  });

  it("is tried again after throttling, and counts as throttled when that goes on", async () => {
    stub.fail("lambda", throttled);
    expect(await backend().start(order)).toMatchObject({ outcome: "accepted" });
    expect(stub.lambda.take()).toHaveLength(1);
    stub.fail("lambda", throttled, throttled, throttled);
    const outcome = await backend().start(order);
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "throttled" } });
    expect(stub.lambda.take()).toEqual([]);
  });

  it("is refused when Lambda cannot be reached at all", async () => {
    const gone = openLambdaClient(clock, clientSettings("http://127.0.0.1:9"));
    const outcome = await openLambdaBackend({
      client: gone,
      accountId: "123456789012",
      controlPlaneFunctionPrefix: "switchyard-test-",
      pace: impatientPace(),
    }).start(order);
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "backend_fault" } });
    gone.destroy();
  });
});

describe("a start without an answer", () => {
  it.each<[string, StubFault]>([
    ["the connection is cut after the call", { kind: "apply-then-cut" }],
    ["the connection is cut before the call", { kind: "cut" }],
    ["Lambda breaks down", brokenDown],
    ["no answer comes within its time", { kind: "apply-then-silence" }],
  ])("is unknown, and never repeated, when %s", async (_, fault) => {
    stub.fail("lambda", fault);
    const outcome = await backend().start(order);
    expect(outcome).toMatchObject({ outcome: "unknown", error: { class: "backend_fault" } });
    expect(stub.lambda.take().length).toBeLessThanOrEqual(1);
  });
});

describe("connections to Lambda", () => {
  it("are used again at once, but not after a long rest", async () => {
    await backend().start(order);
    const connectionsBefore = stub.connections;
    nowMs += 1_000;
    await backend().start(order);
    expect(stub.connections).toBe(connectionsBefore);
    nowMs += 60_000;
    await backend().start(order);
    expect(stub.connections).toBe(connectionsBefore + 1);
    expect(stub.lambda.take()).toHaveLength(3);
  });
});

describe("an attempt on Lambda afterwards", () => {
  const attempt = { tenant: "acme", instanceId: order.instanceId, attemptId: order.attemptId };

  it("cannot be stopped or seen, so the clock decides", async () => {
    const requestsBefore = stub.lambda.requests;
    await backend().stop(attempt);
    expect(await backend().inspect(attempt)).toBe("unknown");
    expect(stub.lambda.requests).toBe(requestsBefore);
  });
});

describe("what routing knows of Lambda", () => {
  const facts = {
    spec: TaskSpec.parse({ run: { lambda: { functionArn } } }),
    backends: [backend().capabilities],
    rules: { active: openRuleSet() },
    nowMs: 0,
  };
  const instance = { id: "ins_1", task: "job", round: 1, attempts: [] };

  it("lets any input through that an instance may have", () => {
    const receipt = route({
      ...facts,
      instance: { ...instance, timeoutSeconds: 900 },
      inputBytes: limits.inputBytesMax,
    });
    expect(receipt.chosen).toBe("lambda");
  });

  it("excludes what takes longer than Lambda allows", () => {
    const receipt = route({
      ...facts,
      instance: { ...instance, timeoutSeconds: 901 },
      inputBytes: 0,
    });
    expect(receipt.chosen).toBeUndefined();
  });
});
