import { HintMessage } from "../../shared/contract/messages.ts";
import { fcAdapters } from "../adapters/alicloud/fc-adapter.ts";
import { openLambdaBackend } from "../adapters/aws/lambda-backend.ts";
import { openLambdaClient } from "../adapters/aws/lambda-client.ts";
import { openPoolBackend } from "../pools/pool-backend.ts";
import { reportNow } from "../reports/report-now.ts";
import { openAdapters } from "../runtime/adapter-registry.ts";
import type { RunningEngine } from "../runtime/engine.ts";
import { openGateSource } from "../runtime/gate-source.ts";
import { openDeployedFargate } from "../runtime/lambda/deployed-fargate.ts";
import { openDeployedRouting } from "../runtime/lambda/deployed-routing.ts";
import { openDroppedHints } from "../runtime/lambda/dropped-hints.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { openPayloadBucket } from "../runtime/lambda/payload-bucket.ts";
import { openPoolBells } from "../runtime/lambda/pool-doorbells.ts";
import {
  jsonOf,
  readMessages,
  type SqsBatchAnswer,
  sqsAnswer,
} from "../runtime/lambda/sqs-batch.ts";
import { lookAtInstances } from "./look-at-instance.ts";

const environment = readEnvironment("dispatch");
const host = openLambdaHost("dispatch", environment);
const lambda = openLambdaBackend({
  client: openLambdaClient(host.clock),
  accountId: environment.ACCOUNT_ID,
  controlPlaneFunctionPrefix: environment.CONTROL_PLANE_FUNCTION_PREFIX,
});
const fargate = openDeployedFargate(host, environment);
const adapters = await openAdapters(
  fcAdapters(environment.ALICLOUD_FC_CONFIG, {
    variables: process.env,
    report: (report) => reportNow(engine, report),
  }),
  host.log,
);
const backends = [lambda, ...(fargate === undefined ? [] : [fargate]), ...adapters.backends];
const engine: RunningEngine = {
  ...host,
  ...openPayloadBucket(host, environment),
  routing: openDeployedRouting(host, environment),
  gates: openGateSource(host),
  hints: openDroppedHints(host.log),
  backends: new Map(backends.map((backend) => [backend.capabilities.name, backend])),
  pools: openPoolBackend({ ...host, doorbells: openPoolBells(host, environment) }),
};
const readHint = jsonOf(HintMessage);

/** SQS delivers at least once and in any order: a hint only says where to look. */
export async function handler(event: unknown): Promise<SqsBatchAnswer> {
  const hints = readMessages(host, event, readHint);
  const failures = await lookAtInstances(
    engine,
    hints.map(({ value }) => value),
  );
  const errors = new Map(failures.map(({ hint, error }) => [hint, error]));
  host.meter.log(host.log);
  return sqsAnswer(host.log, hints, (hint) => errors.get(hint));
}
