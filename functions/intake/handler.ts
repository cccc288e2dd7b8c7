import { openHolidays } from "../adapters/holidays.ts";
import type { Engine } from "../runtime/engine.ts";
import { openGateSource } from "../runtime/gate-source.ts";
import { openBusAnnouncements } from "../runtime/lambda/bus-announcements.ts";
import { openDeployedRouting } from "../runtime/lambda/deployed-routing.ts";
import { openDispatchQueue } from "../runtime/lambda/dispatch-queue.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { openPayloadBucket } from "../runtime/lambda/payload-bucket.ts";
import { openRecordHints } from "../runtime/lambda/record-hints.ts";
import { readMessages, type SqsBatchAnswer, sqsAnswer } from "../runtime/lambda/sqs-batch.ts";
import { openTriggerSource } from "../runtime/trigger-source.ts";
import { arrivalReader } from "./arrival.ts";
import { takeArrivals } from "./take-arrivals.ts";

const environment = readEnvironment("intake");
const host = openLambdaHost("intake", environment);
const engine: Engine = {
  ...host,
  ...openPayloadBucket(host, environment),
  routing: openDeployedRouting(host, environment),
  gates: openGateSource(host),
  hints: openDispatchQueue(host, environment),
  // Without the intake queue itself: a consumer that feeds its own queue is a loop, which Lambda
  // cuts after some rounds. The timekeeper, whose calls start a lineage of their own, has the wakes.
  ...openRecordHints(host, { MIRROR_FUNCTION: environment.MIRROR_FUNCTION }),
  ...openBusAnnouncements(host, environment),
  holidays: openHolidays(),
  triggers: openTriggerSource(host),
};
const readArrival = arrivalReader(host, environment.DEFAULT_TENANT);

/**
 * SQS delivers at least once and in any order: records are only looked at, and an event that comes
 * again finds the instance that it made. What cannot be read may have been an event, which nothing
 * else remembers: it is not dropped but goes to the dead letters.
 */
export async function handler(event: unknown): Promise<SqsBatchAnswer> {
  const arrivals = readMessages(host, event, readArrival);
  const failures = await takeArrivals(
    engine,
    arrivals.map(({ value }) => value),
  );
  host.meter.log(host.log);
  return sqsAnswer(host.log, arrivals, (arrival) => failures.get(arrival));
}
