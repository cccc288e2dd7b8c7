import { createHash } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import {
  type LambdaPlatformOptions,
  openLambdaPlatform,
} from "../../../functions/adapters/aws/lambda-platform.ts";
import { lambdaNameOf } from "../../../shared/function/lambda-name.ts";
import { clientSettings, impatientPace } from "../../handlers/stub/local-clients.ts";
import { StubLambdaControl } from "./lambda-stub.ts";
import type { PlatformRig } from "./platform-suite.ts";
import { startStubServer } from "./stub-server.ts";

export interface LambdaRig extends PlatformRig {
  readonly lambda: StubLambdaControl;
  readonly options: LambdaPlatformOptions;
}

/** Lambda as a stub that keeps state. */
export async function startLambdaRig(): Promise<LambdaRig> {
  const lambda = new StubLambdaControl();
  const server = await startStubServer((request) => lambda.answer(request));
  const client = new LambdaClient(clientSettings(server.endpoint));
  const options: LambdaPlatformOptions = {
    client,
    accountId: "123456789012",
    controlPlaneFunctionPrefix: "switchyard-prod-",
    owner: "switchyard-prod",
    roleArn: "arn:aws:iam::123456789012:role/switchyard-prod-job",
    completionQueueArn: "arn:aws:sqs:us-east-1:123456789012:switchyard-prod-completion",
    pace: { ...impatientPace(), random: { next: () => Math.random() } },
  };
  return {
    server,
    lambda,
    options,
    open: () => openLambdaPlatform(options),
    behave(packageBytes, behaviour) {
      const hash = createHash("sha256").update(packageBytes).digest("base64");
      lambda.behaviours.set(hash, (event) => {
        const said = behaviour(event);
        if ("returns" in said) return { returns: said.returns, log: "START\nEND\n" };
        return { throws: { errorType: "Error", errorMessage: said.throws } };
      });
    },
    versionsKept: (tenant, name) =>
      lambda.functions.get(lambdaNameOf(tenant, name))?.versions.length ?? 0,
    makeForeign(tenant, name) {
      lambda.functions.set(lambdaNameOf(tenant, name), {
        latest: {
          settings: {
            Runtime: "nodejs24.x",
            Handler: "index.handler",
            MemorySize: 128,
            Timeout: 3,
            Role: "arn:aws:iam::123456789012:role/other",
            Environment: { Variables: {} },
          },
          codeSha256: "another",
        },
        tags: { "switchyard:invocable": "true", "switchyard:managed-by": "switchyard-test" },
        revision: "1",
        busyReads: 0,
        state: "Active",
        update: "Successful",
        versions: [],
        aliases: new Map(),
        calls: new Map(),
      });
    },
    exists: (tenant, name) => lambda.functions.has(lambdaNameOf(tenant, name)),
    violations: lambda.violations,
    throttled: {
      kind: "refuse",
      answer: {
        status: 429,
        headers: { "x-amzn-errortype": "TooManyRequestsException" },
        body: { message: "Rate exceeded" },
      },
    },
    async close() {
      client.destroy();
      await server.close();
    },
  };
}
