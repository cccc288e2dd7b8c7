import { answerOf, type HttpAnswer, requestOf } from "../adapters/aws/http-event.ts";
import { openHolidays } from "../adapters/holidays.ts";
import { openGateSource } from "../runtime/gate-source.ts";
import { openLambdaAttemptLogs } from "../runtime/lambda/attempt-logs.ts";
import { openBusAnnouncements } from "../runtime/lambda/bus-announcements.ts";
import { openCallers } from "../runtime/lambda/callers.ts";
import { openDeployedRouting } from "../runtime/lambda/deployed-routing.ts";
import { openDeployerFunction } from "../runtime/lambda/deployer-function.ts";
import { openDispatchQueue } from "../runtime/lambda/dispatch-queue.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { openPayloadBucket } from "../runtime/lambda/payload-bucket.ts";
import { openPoolPorts } from "../runtime/lambda/pool-doorbells.ts";
import { openRecordHints } from "../runtime/lambda/record-hints.ts";
import { storeHealth } from "../runtime/lambda/store-health.ts";
import { openWebhookPorts } from "../runtime/lambda/webhook-function.ts";
import { createApi } from "./app.ts";
import { problem } from "./wire/answers.ts";

const environment = readEnvironment("api");
const host = openLambdaHost("api", environment);
const callers = openCallers(environment);
const app = createApi({
  engine: {
    ...host,
    ...openPayloadBucket(host, environment),
    routing: openDeployedRouting(host, environment),
    gates: openGateSource(host),
    holidays: openHolidays(),
    hints: openDispatchQueue(host, environment),
    ...openRecordHints(host, environment),
    ...openBusAnnouncements(host, environment),
  },
  authenticate: callers.authenticate,
  health: async () => ({ store: await storeHealth(host.store, host.clock) }),
  logs: openLambdaAttemptLogs({
    ...host,
    logGroupPrefix: environment.LAMBDA_LOG_GROUP_PREFIX,
    deployedLogGroup: environment.FUNCTION_LOG_GROUP,
  }),
  ...openDeployerFunction(host, environment),
  pools: openPoolPorts(environment),
  ...openWebhookPorts(environment),
});

const unreadable = {
  code: "invalid_field",
  detail: "the request's method, path or headers cannot be read",
} as const;

/** API Gateway has verified the credential before it calls; the answer goes back as it is. */
export async function handler(event: unknown): Promise<HttpAnswer> {
  const request = requestOf(event);
  if (request === undefined) return answerOf(problem(unreadable));
  callers.introduce(request, event);
  const response = await app.fetch(request);
  host.meter.log(host.log);
  return answerOf(response);
}
