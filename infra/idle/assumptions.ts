import { limits } from "../../shared/core/limits.ts";

/** What "nothing runs" means in numbers. Where AWS does not say, the higher figure is taken. */
export const idleAssumptions = {
  hoursPerMonth: 730,
  minutesPerMonth: 730 * 60,
  daysPerMonth: 730 / 24,
  /** Lambda keeps this many pollers on a queue that is empty; fewer are not promised to anybody. */
  pollersPerQueue: 5,
  /** Each waits this long for a message and then asks again. */
  pollSeconds: 20,
  /** Records of some 200,000 finished instances, index entries included. */
  tableGb: 1,
  payloadGb: 0.1,
  /** Billed time of a tick that finds nothing, with a share of cold starts. */
  tickMs: 150,
  /** One log line of a tick. */
  tickLogBytes: 500,
  /** A query that finds nothing reads half a unit, because indexes are eventually consistent. */
  tickReadUnits: limits.wakeShards * 0.5 + limits.wakeShards * 1,
  /** What a canary uses on its way: some records written and read, messages, an event, two calls. */
  canary: {
    "dynamodb.writeUnits": 12,
    "dynamodb.readUnits": 15,
    "sqs.requests": 8,
    "lambda.requests": 5,
    "lambda.gbSeconds": 0.3,
    "eventbridge.events": 1,
    "logs.gigabytes": 0.5e-6,
  },
} as const;

export type IdleAssumptions = typeof idleAssumptions;
