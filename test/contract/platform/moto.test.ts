import { LambdaClient } from "@aws-sdk/client-lambda";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLambdaPlatform } from "../../../functions/adapters/aws/lambda-platform.ts";
import { type MotoServer, motoAvailable, startMotoServer } from "../../fixtures/moto-server.ts";
import { clientSettings, impatientPace } from "../../handlers/stub/local-clients.ts";
import { versionOfBytes } from "./platform-suite.ts";

/** A second opinion from somebody else's idea of Lambda, where that is installed. */
const hasMoto = motoAvailable();
const roleArn = "arn:aws:iam::123456789012:role/switchyard-job";

describe.skipIf(!hasMoto)("deploying to moto's Lambda", () => {
  let endpoint = "";
  let moto: MotoServer | undefined;
  beforeAll(async () => {
    moto = await startMotoServer();
    ({ endpoint } = moto);
    const trust = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "lambda.amazonaws.com" },
          Action: "sts:AssumeRole",
        },
      ],
    });
    const created = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
      },
      body: new URLSearchParams({
        Action: "CreateRole",
        Version: "2010-05-08",
        RoleName: "switchyard-job",
        AssumeRolePolicyDocument: trust,
      }),
    });
    expect(created.status, await created.text()).toBe(200);
  }, 60_000);
  afterAll(() => moto?.stop());

  it("makes a function, keeps its versions behind their aliases, and removes it", async () => {
    const client = new LambdaClient({
      ...clientSettings(endpoint),
      requestHandler: { requestTimeout: 30_000 },
    });
    const platform = openLambdaPlatform({
      client,
      accountId: "123456789012",
      controlPlaneFunctionPrefix: "switchyard-prod-",
      owner: "switchyard-prod",
      roleArn,
      completionQueueArn: "arn:aws:sqs:us-east-1:123456789012:completion",
      pace: impatientPace(),
    });
    const zipOf = (text: string) =>
      zipSync({ "index.mjs": Buffer.from(`export const handler = async () => "${text}";`) });
    const one = versionOfBytes(zipOf("one"));
    const two = versionOfBytes(zipOf("two"), { memoryMb: 1_024 });
    for (const { version, bytes } of [one, two, one]) {
      const outcome = await platform.deploy(version, bytes);
      expect(outcome).toMatchObject({
        outcome: "deployed",
        reference: expect.stringContaining(":function:job-acme-thumbs:h-"),
      });
    }
    expect(await platform.status(one.version)).toMatchObject({ state: "active", memoryMb: 256 });
    expect(await platform.status(two.version)).toMatchObject({ state: "active", memoryMb: 1_024 });
    expect(await platform.remove("acme", "thumbs")).toBe(true);
    expect(await platform.status(one.version)).toMatchObject({ state: "missing" });
    client.destroy();
  }, 60_000);
});
