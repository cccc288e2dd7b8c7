import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLambdaPlatform } from "../../../functions/adapters/aws/lambda-platform.ts";
import { lambdaAliasOf, lambdaNameOf } from "../../../shared/function/lambda-name.ts";
import { type LambdaRig, startLambdaRig } from "./lambda-rig.ts";
import { describePlatform, versionOf } from "./platform-suite.ts";

describePlatform("lambda", startLambdaRig);

let rig: LambdaRig;
beforeEach(async () => {
  rig = await startLambdaRig();
});
afterEach(async () => {
  await rig.close();
  expect(rig.violations).toEqual([]);
});
const stored = () => rig.lambda.functions.get("job-acme-thumbs");

describe("deploying to Lambda", () => {
  it("tags what it makes, on arm64, and has its calls report to the completion queue", async () => {
    const { version, bytes } = versionOf("one");
    const outcome = await rig.open().deploy(version, bytes);
    const alias = lambdaAliasOf(version.digest);
    expect(outcome).toEqual({
      outcome: "deployed",
      reference: `arn:aws:lambda:us-east-1:123456789012:function:job-acme-thumbs:${alias}`,
    });
    expect(stored()?.tags).toEqual({
      "switchyard:invocable": "true",
      "switchyard:managed-by": "switchyard-prod",
      "switchyard:tenant": "acme",
      "switchyard:function": "thumbs",
    });
    const queue = { Destination: rig.options.completionQueueArn };
    expect(stored()?.calls.get(alias)).toEqual({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 300,
      DestinationConfig: { OnSuccess: queue, OnFailure: queue },
    });
  });

  it("waits while Lambda is at work, at every step", async () => {
    rig.lambda.busyReads = 3;
    const one = versionOf("one");
    const two = versionOf("two", { memoryMb: 1_024 });
    expect(await rig.open().deploy(one.version, one.bytes)).toMatchObject({ outcome: "deployed" });
    expect(await rig.open().deploy(two.version, two.bytes)).toMatchObject({ outcome: "deployed" });
    expect(stored()?.versions).toHaveLength(2);
  });

  it("waits for a role that is not known everywhere yet, but not for ever", async () => {
    const { version, bytes } = versionOf("one");
    rig.lambda.unknownRoleTimes = 3;
    expect(await rig.open().deploy(version, bytes)).toMatchObject({ outcome: "deployed" });
    await rig.open().remove("acme", "thumbs");
    rig.lambda.unknownRoleTimes = 1_000;
    const outcome = await rig.open().deploy(version, bytes);
    expect(outcome.outcome === "refused" && outcome.reason).toContain("cannot be assumed");
  });

  it("says why Lambda could not make a function", async () => {
    const { version, bytes } = versionOf("one");
    rig.lambda.makes = "Failed";
    const outcome = await rig.open().deploy(version, bytes);
    expect(outcome.outcome === "refused" && outcome.reason).toContain("the stub was told so");
    expect(await rig.open().status(version)).toMatchObject({ state: "missing" });
  });
});

describe("what cannot be deployed to Lambda", () => {
  it("refuses a name of the control plane and of another account, and more variables than fit", async () => {
    const { version, bytes } = versionOf("one");
    const own = openLambdaPlatform({ ...rig.options, controlPlaneFunctionPrefix: "job-acme-" });
    expect(await own.deploy(version, bytes)).toMatchObject({ outcome: "refused" });
    expect(await own.remove("acme", "thumbs")).toBe(false);
    const large = versionOf("one", { environment: { BIG: "x".repeat(4_100) } });
    expect(await rig.open().deploy(large.version, large.bytes)).toMatchObject({
      outcome: "refused",
    });
    expect(rig.server.requests).toBe(0);
    await rig.open().deploy(version, bytes);
    const other = openLambdaPlatform({ ...rig.options, accountId: "999999999999" });
    expect(await other.deploy(version, bytes)).toMatchObject({ outcome: "refused" });
  });

  it("takes what is too large to be sent along from the bucket, or says that it cannot", async () => {
    const { version } = versionOf("one");
    const large = new Uint8Array(50_000_001);
    const outcome = await rig.open().deploy(version, large);
    expect(outcome.outcome === "refused" && outcome.reason).toContain("bucket");
  });

  it("throws when it may not deploy, so that nobody waits for another try", async () => {
    const { version, bytes } = versionOf("one");
    rig.server.fault = () => ({
      kind: "refuse",
      answer: {
        status: 403,
        headers: { "x-amzn-errortype": "AccessDeniedException" },
        body: { message: "not authorized to perform: lambda:GetFunction" },
      },
    });
    await expect(rig.open().deploy(version, bytes)).rejects.toMatchObject({
      name: "TerminalError",
      message: expect.stringContaining("lambda:GetFunction"),
    });
  });

  it("gives up for now when others change the function for ever", async () => {
    const { version, bytes } = versionOf("one");
    await rig.open().deploy(versionOf("zero").version, versionOf("zero").bytes);
    rig.server.fault = (_, { method }) =>
      method === "PUT"
        ? {
            kind: "refuse",
            answer: {
              status: 412,
              headers: { "x-amzn-errortype": "PreconditionFailedException" },
              body: { message: "RevisionId" },
            },
          }
        : undefined;
    await expect(rig.open().deploy(version, bytes)).rejects.toMatchObject({
      name: "TransientError",
    });
  });

  it("brings the end of the log along", async () => {
    const { version, bytes } = versionOf("one");
    rig.behave(bytes, () => ({ returns: 1 }));
    await rig.open().deploy(version, bytes);
    expect(await rig.open().invoke(version, {})).toEqual({
      outcome: "returned",
      output: 1,
      log: "START\nEND\n",
    });
  });
});

describe("names on Lambda", () => {
  it("are readable, short enough, and never two tenants'", () => {
    expect(lambdaNameOf("acme", "thumbs")).toBe("job-acme-thumbs");
    expect(lambdaNameOf("a", "b-c")).not.toBe(lambdaNameOf("a-b", "c"));
    expect(lambdaNameOf("a-b", "c")).toMatch(/^job--a-b-c-[0-9a-f]{16}$/);
    const long = "x".repeat(63);
    expect(lambdaNameOf(long, `${long.slice(1)}a`)).toHaveLength(64);
    expect(lambdaNameOf(long, `${long.slice(1)}a`)).not.toBe(
      lambdaNameOf(long, `${long.slice(1)}b`),
    );
    expect(lambdaAliasOf("0123456789abcdef".repeat(4))).toBe("h-0123456789abcdef");
  });
});
