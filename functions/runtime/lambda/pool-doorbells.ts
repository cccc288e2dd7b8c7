import { SQSClient } from "@aws-sdk/client-sqs";
import type { STSClient } from "@aws-sdk/client-sts";
import type { Doorbells } from "../../../shared/ports/doorbells.ts";
import { awsClientDefaults } from "../../adapters/aws/aws-call.ts";
import { openPoolCredentials } from "../../adapters/aws/pool-credentials.ts";
import { openSqsDoorbells } from "../../adapters/aws/sqs-doorbells.ts";
import type { PoolPorts } from "../../pools/pool-ports.ts";
import type { LambdaHost } from "./lambda-host.ts";

/** A waiting request keeps a function open, so it is held only shortly: idle workers wait on a queue. */
const waitSecondsMax = 5;

/** What the worker protocol is given by a deployment. */
export function openPoolPorts({
  POOL_QUEUE_PREFIX: queuePrefix,
  POOL_LISTENER_ROLE_ARN: listenerRoleArn,
  POOL_QUEUES: queues,
}: {
  readonly POOL_QUEUE_PREFIX?: string | undefined;
  readonly POOL_LISTENER_ROLE_ARN?: string | undefined;
  readonly POOL_QUEUES?: string | undefined;
}): PoolPorts {
  if (queuePrefix === undefined || listenerRoleArn === undefined) return { waitSecondsMax };
  let client: Promise<STSClient> | undefined;
  return {
    waitSecondsMax,
    doorbellFor: openPoolCredentials({
      client() {
        client ??= openStsClient();
        return client;
      },
      listenerRoleArn,
      queuePrefix,
      queues: queues === undefined ? undefined : new Set(queues.split(",")),
    }),
  };
}

async function openStsClient(): Promise<STSClient> {
  const sdk = await import("@aws-sdk/client-sts");
  return new sdk.STSClient(awsClientDefaults);
}

/** The bells of a deployment; where it has no queues, workers ask by themselves. */
export function openPoolBells(
  host: Pick<LambdaHost, "clock" | "log" | "meter">,
  { POOL_QUEUE_PREFIX: queuePrefix }: { readonly POOL_QUEUE_PREFIX?: string | undefined },
): Doorbells {
  if (queuePrefix === undefined) return { ring: () => Promise.resolve() };
  const { clock, log, meter } = host;
  return openSqsDoorbells({
    client: new SQSClient(awsClientDefaults),
    queuePrefix,
    clock,
    log,
    meter,
  });
}
