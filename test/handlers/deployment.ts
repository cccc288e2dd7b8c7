import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { awsClientDefaults } from "../../functions/adapters/aws/aws-call.ts";
import { ensureTable } from "../../functions/adapters/aws/dynamo/create-table.ts";
import { openDynamoStore } from "../../functions/adapters/aws/dynamo/dynamo-store.ts";
import { startDynoxide } from "../../functions/runtime/dynoxide.ts";
import { type FunctionName, functionNames } from "../../shared/contract/env.ts";
import { silentMeter } from "../../shared/ports/meter.ts";
import type { Store } from "../../shared/ports/store.ts";
import { bundlesIn } from "./bundles.ts";
import { type CapturedLogs, captureLogs } from "./captured-logs.ts";
import { openStreamSource, type StreamSource } from "./stream-source.ts";
import { type AwsStub, startAwsStub } from "./stub/aws-stub.ts";
import { type DynamoWire, startDynamoWire } from "./stub/dynamo-wire.ts";

export type Handler = (event: unknown) => Promise<unknown>;

/** The deployed bundles, loaded into this process, between a DynamoDB server and the stub of AWS. */
export interface Deployment {
  readonly functions: Readonly<Record<FunctionName, Handler>>;
  readonly stub: AwsStub;
  readonly wire: DynamoWire;
  readonly stream: StreamSource;
  readonly logs: CapturedLogs;
  /** The table, past the wire: for looking and for arranging. */
  readonly store: Store;
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly dispatchQueueUrl: string;
  readonly intakeQueueUrl: string;
  readonly bundles: string;
  close(): Promise<void>;
}

const tableName = "switchyard";
export const busName = "switchyard-test";
/** By their names alone, as the functions know each other. */
export const mirrorFunction = "switchyard-test-mirror";
export const webhookFunction = "switchyard-test-webhook";

/** What only the function that mirrors is told. */
export const mirrorEnvironment = {
  STAGE: "test",
  SCHEDULE_GROUP: "switchyard-test",
  SCHEDULER_ROLE_ARN: "arn:aws:iam::123456789012:role/scheduler",
  INTAKE_QUEUE_ARN: "arn:aws:sqs:us-east-1:123456789012:intake",
  INTAKE_DEAD_LETTERS_ARN: "arn:aws:sqs:us-east-1:123456789012:intake-dead",
  RULE_PREFIX: "switchyard-test.",
} as const;

export interface DeployOptions {
  /** Of the functions, beside what every deployment has. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How the functions are run; by default all in this process. */
  readonly load?: (bundles: string) => Promise<Readonly<Record<FunctionName, Handler>>>;
}

export async function deploy(options: DeployOptions = {}): Promise<Deployment> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const server = await startDynoxide();
  const wire = await startDynamoWire(server.endpoint);
  const stub = await startAwsStub();
  stub.events.buses.add(busName);
  const dispatchQueueUrl = stub.sqs.createQueue(stub.endpoint, "dispatch");
  const intakeQueueUrl = stub.sqs.createQueue(stub.endpoint, "intake");
  const settings = {
    ...awsClientDefaults,
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  };
  const client = new DynamoDBClient(settings);
  const streams = new DynamoDBStreamsClient(settings);
  await ensureTable(client, tableName);
  const table = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const streamArn = table.Table?.LatestStreamArn ?? "";
  const environment = {
    ...environmentOf(stub.endpoint, wire.endpoint, dispatchQueueUrl, intakeQueueUrl),
    ...options.environment,
  };
  Object.assign(process.env, environment);
  const logs = captureLogs();
  const folder = await mkdtemp(join(tmpdir(), "switchyard-bundles-"));
  const bundles = await bundlesIn(folder);
  return {
    functions: await (options.load ?? loadFunctions)(bundles),
    stub,
    wire,
    logs,
    stream: await openStreamSource(streams, streamArn),
    client,
    tableName,
    store: openDynamoStore({ client, tableName, meter: silentMeter }),
    dispatchQueueUrl,
    intakeQueueUrl,
    bundles,
    async close() {
      logs.release();
      client.destroy();
      streams.destroy();
      await wire.close();
      await stub.close();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function environmentOf(
  stub: string,
  dynamo: string,
  dispatchQueueUrl: string,
  intakeQueueUrl: string,
) {
  return {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL_DYNAMODB: dynamo,
    AWS_ENDPOINT_URL_SQS: stub,
    AWS_ENDPOINT_URL_LAMBDA: stub,
    AWS_ENDPOINT_URL_EVENTBRIDGE: stub,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: stub,
    AWS_ENDPOINT_URL_ECS: stub,
    AWS_ENDPOINT_URL_SCHEDULER: stub,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stub,
    TABLE_NAME: tableName,
    DISPATCH_QUEUE_URL: dispatchQueueUrl,
    DEFAULT_TENANT: "default",
    ACCOUNT_ID: "123456789012",
    CONTROL_PLANE_FUNCTION_PREFIX: "switchyard-test-",
    EVENT_BUS_NAME: busName,
    STATE_EVENTS: "terminal",
    ...mirrorEnvironment,
    INTAKE_QUEUE_URL: intakeQueueUrl,
    MIRROR_FUNCTION: mirrorFunction,
    LOG_LEVEL: "info",
  };
}

async function loadFunctions(bundles: string): Promise<Record<FunctionName, Handler>> {
  const loaded = await Promise.all(
    functionNames.map(async (name): Promise<[FunctionName, Handler]> => {
      const url = pathToFileURL(join(bundles, name, "index.mjs")).href;
      const module: { handler: Handler } = await import(url);
      return [name, module.handler];
    }),
  );
  return Object.fromEntries(loaded) as Record<FunctionName, Handler>;
}
