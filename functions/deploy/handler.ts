import { createHash } from "node:crypto";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { DeployerMessage } from "../../shared/contract/messages.ts";
import { payloadKey } from "../../shared/contract/payload-keys.ts";
import { TerminalError } from "../../shared/core/errors.ts";
import { fcAdapters } from "../adapters/alicloud/fc-adapter.ts";
import { awsClientDefaults } from "../adapters/aws/aws-call.ts";
import { openLambdaPlatform } from "../adapters/aws/lambda-platform.ts";
import { openAdapters } from "../runtime/adapter-registry.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { openPayloadBucket } from "../runtime/lambda/payload-bucket.ts";
import { allPlatforms } from "./all-platforms.ts";
import { deployFunction } from "./deploy-function.ts";
import { removeFunction } from "./remove-function.ts";
import { tryFunction } from "./try-function.ts";

const environment = readEnvironment("deploy");
const host = openLambdaHost("deploy", environment);
const { payloads } = openPayloadBucket(host, environment);
if (payloads === undefined) throw new TerminalError("Without a bucket there are no packages.");
const lambda = openLambdaPlatform({
  client: new LambdaClient({
    ...awsClientDefaults,
    // Packages travel with some of these requests.
    requestHandler: { ...awsClientDefaults.requestHandler, requestTimeout: 60_000 },
  }),
  accountId: environment.ACCOUNT_ID,
  controlPlaneFunctionPrefix: environment.CONTROL_PLANE_FUNCTION_PREFIX,
  owner: `switchyard-${environment.STAGE}`,
  roleArn: environment.FUNCTION_ROLE_ARN,
  completionQueueArn: environment.COMPLETION_QUEUE_ARN,
  ...(environment.FUNCTION_LOG_GROUP === undefined
    ? {}
    : { logGroup: environment.FUNCTION_LOG_GROUP }),
  objectOf: (tenant, packageId) => ({
    bucket: environment.PAYLOAD_BUCKET,
    key: payloadKey(tenant, packageId),
  }),
});
const others = await openAdapters(
  fcAdapters(environment.ALICLOUD_FC_CONFIG, {
    variables: process.env,
    report: async () => undefined,
  }),
  host.log,
);
const deps = {
  ...host,
  payloads,
  platform: allPlatforms(lambda, others.platforms),
  sha256: (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex"),
};

/**
 * The only function that may create functions. Whoever asks says only which record to look at; what
 * is deployed, and for whom, stands there. Lambda repeats an asynchronous call that throws, and the
 * timekeeper asks again for one that got lost.
 */
export async function handler(event: unknown): Promise<unknown> {
  const message = DeployerMessage.parse(event);
  const { tenant, name } = message;
  switch (message.kind) {
    case "deploy":
      return deployFunction(deps, tenant, name, message.digest);
    case "try":
      return tryFunction(deps, tenant, name, message.digest, message.event);
    case "remove":
      await removeFunction(deps, tenant, name);
      return { outcome: "removed" };
  }
}
