import { type RecordedReport, recordReports } from "../reports/record-reports.ts";
import type { RecordingEngine } from "../runtime/engine.ts";
import { openDispatchQueue } from "../runtime/lambda/dispatch-queue.ts";
import { readEnvironment } from "../runtime/lambda/environment.ts";
import { openLambdaHost } from "../runtime/lambda/lambda-host.ts";
import { openPayloadBucket } from "../runtime/lambda/payload-bucket.ts";
import { readMessages, type SqsBatchAnswer, sqsAnswer } from "../runtime/lambda/sqs-batch.ts";
import { completionReader } from "./completion-message.ts";

const environment = readEnvironment("complete");
const host = openLambdaHost("complete", environment);
const engine: RecordingEngine = {
  ...host,
  ...openPayloadBucket(host, environment),
  hints: openDispatchQueue(host, environment),
};
const readCompletion = completionReader(environment.CLUSTER_ARN);

/** Lambda and ECS tell at least once, perhaps late: a report of a replaced attempt is refused. */
export async function handler(event: unknown): Promise<SqsBatchAnswer> {
  const reports = readMessages(host, event, readCompletion);
  const recorded = await recordReports(
    engine,
    reports.map(({ value }) => value),
  );
  const errors = new Map(recorded.map((each) => [each.report, errorOf(each)]));
  host.meter.log(host.log);
  return sqsAnswer(host.log, reports, (report) => errors.get(report));
}

/** A report that lost every race has not been heard yet, so it must come again. */
function errorOf({ result }: RecordedReport): unknown {
  if (result.outcome === "error") return result.error;
  return result.outcome === "contended" ? "others kept changing the instance" : undefined;
}
