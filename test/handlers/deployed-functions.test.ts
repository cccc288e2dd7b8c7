import type { LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openLambdaBackend } from "../../functions/adapters/aws/lambda-backend.ts";
import { openLambdaClient } from "../../functions/adapters/aws/lambda-client.ts";
import { lambdaError } from "../../functions/reports/lambda-error.ts";
import { lambdaAliasOf } from "../../shared/function/lambda-name.ts";
import type { AttemptOrder } from "../../shared/ports/backend.ts";
import { type AwsStub, startAwsStub } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace } from "./stub/local-clients.ts";

const digest = "ab".repeat(32);
const deployedArn = `arn:aws:lambda:us-east-1:123456789012:function:job-acme-thumbs:${lambdaAliasOf(digest)}`;
const otherArn = "arn:aws:lambda:us-east-1:123456789012:function:resize:live";

let stub: AwsStub;
let client: LambdaClient;
beforeAll(async () => {
  stub = await startAwsStub();
  stub.lambda.functions.add(deployedArn);
  stub.lambda.functions.add(otherArn);
  client = openLambdaClient({ now: () => 1_795_208_400_000 }, clientSettings(stub.endpoint));
});
afterAll(async () => {
  client.destroy();
  await stub.close();
});
afterEach(() => expect(stub.violations).toEqual([]));

const start = (run: AttemptOrder["run"], controlPlaneFunctionPrefix = "switchyard-test-") =>
  openLambdaBackend({
    client,
    accountId: "123456789012",
    controlPlaneFunctionPrefix,
    pace: impatientPace(),
  }).start({
    tenant: "acme",
    instanceId: "ins_01kaq3v5cs7h2m4d9x8w6t0r1b",
    attemptId: "att_01kaq3v5cs7h2m4d9x8w6t0r1b",
    attempt: 1,
    token: "secret-token",
    task: "thumbs",
    taskVersion: 1,
    run,
    priority: 5,
    timeoutMs: 300_000,
    deadlineAtMs: 1_795_208_700_000,
  });

describe("an attempt of a deployed function on Lambda", () => {
  it("calls the very version that its task was defined with", async () => {
    const outcome = await start({
      package: { function: "thumbs", digest },
      lambda: { functionArn: otherArn },
    });
    const [invocation] = stub.lambda.take();
    expect(outcome).toEqual({ outcome: "accepted", externalId: invocation?.requestId });
    expect(invocation?.functionArn).toBe(deployedArn);
  });

  it("takes the other target when no version is fixed, and says when there is none", async () => {
    await start({ package: { function: "thumbs" }, lambda: { functionArn: otherArn } });
    expect(stub.lambda.take()[0]?.functionArn).toBe(otherArn);
    const outcome = await start({ package: { function: "thumbs" } });
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });

  it("is refused when the version is not there any more", async () => {
    const outcome = await start({ package: { function: "thumbs", digest: "cd".repeat(32) } });
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_function" } });
  });

  it("never calls what carries a name of the control plane", async () => {
    const outcome = await start({ package: { function: "thumbs", digest } }, "job-");
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: "missing_permission" } });
    expect(stub.lambda.take()).toEqual([]);
  });

  it.each([
    ["KMSAccessDeniedException", 502, "missing_permission"],
    ["InvalidRuntimeException", 502, "missing_function"],
    ["ResourceNotReadyException", 502, "no_capacity"],
    ["EC2ThrottledException", 502, "throttled"],
    ["AccessDeniedException", 403, "missing_permission"],
    ["RequestTooLargeException", 413, "payload_too_large"],
  ])("knows %s for a refusal, whatever its status", async (code, status, errorClass) => {
    stub.fail("lambda", { kind: "refuse", status, code });
    const outcome = await start({ package: { function: "thumbs", digest } });
    expect(outcome).toMatchObject({ outcome: "refused", error: { class: errorClass } });
    expect(stub.lambda.take()).toEqual([]);
  });
});

describe("what Lambda's destination says of a call that it never made", () => {
  it.each([
    [403, undefined, "missing_permission"],
    [404, undefined, "missing_function"],
    [413, undefined, "payload_too_large"],
    [429, undefined, "throttled"],
    [500, undefined, "backend_fault"],
    [502, "KMSAccessDeniedException", "missing_permission"],
    [502, "InvalidRuntimeException", "missing_function"],
    [502, "ResourceNotReadyException", "no_capacity"],
    [undefined, undefined, "backend_fault"],
  ])("status %s, error %s: %s", (statusCode, errorType, errorClass) => {
    const payload = { errorMessage: "no", ...(errorType === undefined ? {} : { errorType }) };
    const context = statusCode === undefined ? undefined : { statusCode };
    expect(lambdaError(context, payload).class).toBe(errorClass);
  });

  it("is not mistaken for what the function itself throws under such a name", () => {
    const thrown = { errorType: "AccessDeniedException", errorMessage: "no such bucket" };
    const error = lambdaError({ statusCode: 200, functionError: "Unhandled" }, thrown);
    expect(error.class).toBe("error");
  });
});
