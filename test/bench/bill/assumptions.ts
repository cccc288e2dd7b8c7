import type { FunctionName } from "../../../shared/contract/env.ts";

/**
 * What the bill takes for granted because it cannot be measured without an AWS account. Latencies are
 * medians to be expected inside one Region over connections that are open; they only decide the
 * GB-seconds, which are a small part of the bill.
 */
export const assumedLatencyMs = {
  dynamodb: { GetItem: 3, Query: 4, PutItem: 5, TransactWriteItems: 12 },
  sqs: 8,
  lambda: 25,
  events: 15,
} as const;

/** As deployed: memoryMb in infra/constructs/*-function.ts. */
export const memoryMb: Readonly<Record<FunctionName, number>> = {
  api: 512,
  dispatch: 512,
  complete: 512,
  timekeeper: 256,
  observe: 256,
  intake: 512,
  mirror: 256,
  watch: 256,
};

/** Lambda gives one processor at this memory and a share of it below. */
export const memoryMbOfOneProcessor = 1_769;

/** As deployed: the front door's access log, filled in as API Gateway does, for the price of its bytes. */
export const accessLogLine = JSON.stringify({
  requestId: "JKJaXmPLvHcESHA=",
  time: "20/Nov/2026:21:00:00 +0000",
  sourceIp: "203.0.113.7",
  caller: "AROAEXAMPLEEXAMPLEEXA:session",
  subject: "-",
  method: "POST",
  path: "/v1/instances",
  status: "202",
  responseBytes: "612",
  latencyMs: "19",
  integrationError: "-",
  authorizerError: "-",
});

/** What CloudWatch adds to each event of a log. */
export const logEventOverheadBytes = 26;

/** What DynamoDB adds to each item when it bills storage. */
export const storedItemOverheadBytes = 100;

/** One way of using the system. */
export interface Profile {
  readonly name: string;
  /** Instances in one request; more than one goes through the batch route. */
  readonly perRequest: number;
  /** Instances that are under way together: each stage is done with all of them before the next. */
  readonly together: number;
  readonly instances: number;
}

/** As deployed: what the mappings of the queues and of the stream hand over at most. */
export const messagesPerBatch = 10;
export const changesPerBatch = 200;

export const profiles: readonly Profile[] = [
  { name: "busy, one to a request", perRequest: 1, together: 600, instances: 600 },
  { name: "busy, 25 to a request", perRequest: 25, together: 600, instances: 600 },
  { name: "quiet, each alone", perRequest: 1, together: 1, instances: 100 },
];
