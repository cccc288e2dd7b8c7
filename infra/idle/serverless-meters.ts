import { sumCounts, type UnitCounts } from "../../shared/pricing/bill.ts";
import { listOf, type NamedResource, valueAt } from "../rules/template.ts";
import {
  billed,
  free,
  type Meter,
  nothing,
  numberAt,
  referred,
  type Surroundings,
  unknown,
} from "./meter.ts";

const perRequest = free("bills requests only");

const gigabyte = 1e9;

/** Meters of the services that Switchyard is made of. */
export const serverlessMeters: Readonly<Record<string, Meter>> = {
  "AWS::Lambda::Function": free("bills calls only; what calls it by itself is counted there"),
  "AWS::Lambda::Permission": free("a policy"),
  "AWS::Lambda::EventInvokeConfig": free("a setting"),
  "AWS::Lambda::Url": perRequest,
  "AWS::Lambda::Version": provisionedConcurrency,
  "AWS::Lambda::Alias": provisionedConcurrency,
  "AWS::Lambda::EventSourceMapping": polling,
  "AWS::Scheduler::Schedule": ticking,
  "AWS::Scheduler::ScheduleGroup": free("a name"),
  "AWS::DynamoDB::GlobalTable": globalTable,
  "AWS::DynamoDB::Table": table,
  "AWS::SQS::Queue": free("bills requests only; its pollers are counted at their mapping"),
  "AWS::SNS::Topic": perRequest,
  "AWS::SNS::Subscription": perRequest,
  "AWS::Events::EventBus": free("bills events only"),
  "AWS::Events::Rule": eventRule,
  "AWS::ApiGatewayV2::Api": perRequest,
  "AWS::ApiGatewayV2::Stage": perRequest,
  "AWS::ApiGatewayV2::Route": perRequest,
  "AWS::ApiGatewayV2::Integration": perRequest,
  "AWS::ApiGatewayV2::Authorizer": perRequest,
  "AWS::S3::Bucket": (_, { assumptions }) =>
    billed(
      { "s3.storageGbMonths": assumptions.payloadGb },
      `${assumptions.payloadGb} GB of payloads`,
    ),
  "AWS::StepFunctions::StateMachine": free("bills transitions only"),
};

function polling({ Properties }: NamedResource, around: Surroundings) {
  // Streams have a position to start from, queues have none.
  if (Properties.StartingPosition !== undefined) {
    return nothing("Lambda reads DynamoDB streams for nothing");
  }
  if (Properties.ProvisionedPollerConfig !== undefined) {
    return unknown("provisioned pollers bill by the hour, whose price is not in the table");
  }
  const { pollersPerQueue, pollSeconds, hoursPerMonth } = around.assumptions;
  const polls = (pollersPerQueue * hoursPerMonth * 3_600) / pollSeconds;
  return billed(
    { "sqs.requests": polls },
    `${pollersPerQueue} pollers, an empty answer every ${pollSeconds} s each`,
  );
}

function ticking({ Properties }: NamedResource, around: Surroundings) {
  const runs = runsPerMonth(Properties.ScheduleExpression, around);
  if (runs === undefined) {
    return unknown(`how often "${String(Properties.ScheduleExpression)}" fires is not worked out`);
  }
  const target = referred(valueAt(Properties.Target, "Arn"), around);
  if (target?.Type !== "AWS::Lambda::Function") {
    return unknown("only schedules that call a function of the same stack are worked out");
  }
  const { tickMs, tickReadUnits } = around.assumptions;
  const memoryMb = numberAt(target.Properties.MemorySize) ?? 128;
  const ofRuns: UnitCounts = {
    "scheduler.invocations": runs,
    "lambda.requests": runs,
    "lambda.gbSeconds": (runs * tickMs * memoryMb) / 1_024 / 1_000,
    "dynamodb.readUnits": runs * tickReadUnits,
    ...logsOf(target, runs, around),
  };
  const what = `${runs.toLocaleString("en-US")} runs of ${tickMs} ms at ${memoryMb} MB, each with ${tickReadUnits} read units and a log line`;
  const environment = valueAt(target.Properties, "Environment", "Variables");
  if (valueAt(environment, "CANARY_FUNCTION_ARN") === undefined) return billed(ofRuns, what);
  return billed(sumCounts([ofRuns, canaries(runs, around)]), `${what}; and as many canaries`);
}

function canaries(runs: number, { assumptions }: Surroundings): UnitCounts {
  return Object.fromEntries(
    Object.entries(assumptions.canary).map(([unit, used]) => [unit, used * runs]),
  );
}

function logsOf(fn: NamedResource, runs: number, around: Surroundings): UnitCounts {
  const group = referred(valueAt(fn.Properties, "LoggingConfig", "LogGroup"), around);
  const { tickLogBytes, daysPerMonth } = around.assumptions;
  const gigabytes = (runs * tickLogBytes) / gigabyte;
  // Without a retention the log grows for ever; ten years stand for that.
  const keptDays = numberAt(group?.Properties.RetentionInDays) ?? 3_650;
  return {
    "logs.gigabytes": gigabytes,
    "logs.storageGbMonths": (gigabytes * keptDays) / daysPerMonth,
  };
}

function runsPerMonth(expression: unknown, { assumptions }: Surroundings): number | undefined {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(String(expression));
  const count = Number(match?.[1]);
  if (!(count > 0)) return undefined;
  const minutes = { minute: 1, hour: 60, day: 24 * 60 }[match?.[2] ?? ""];
  return minutes === undefined ? undefined : assumptions.minutesPerMonth / (count * minutes);
}

function eventRule({ Properties }: NamedResource) {
  if (Properties.ScheduleExpression !== undefined) {
    return unknown("a scheduled rule calls its targets by itself; use EventBridge Scheduler");
  }
  return nothing("bills nothing; its events and targets are counted there");
}

function provisionedConcurrency({ Properties }: NamedResource, around: Surroundings) {
  const count = numberAt(
    valueAt(Properties, "ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions"),
  );
  if (Properties.ProvisionedConcurrencyConfig === undefined) {
    return nothing("bills calls only");
  }
  const fn = referred(Properties.FunctionName, around);
  const memoryMb = numberAt(fn?.Properties.MemorySize);
  if (count === undefined || memoryMb === undefined) {
    return unknown("provisioned concurrency of a size that is not in the template");
  }
  const gbSeconds = (count * memoryMb * around.assumptions.hoursPerMonth * 3_600) / 1_024;
  return billed(
    { "lambda.provisionedGbSeconds": gbSeconds },
    `${count} environments of ${memoryMb} MB kept warm all month`,
  );
}

function globalTable({ Properties }: NamedResource, { assumptions }: Surroundings) {
  if (Properties.BillingMode !== "PAY_PER_REQUEST") {
    return unknown("a table with provisioned capacity bills by the hour");
  }
  const replicas = listOf(Properties.Replicas);
  const recovered = replicas.filter(
    (replica) =>
      valueAt(replica, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") === true,
  );
  return stored(assumptions.tableGb * replicas.length, assumptions.tableGb * recovered.length);
}

function table({ Properties }: NamedResource, { assumptions }: Surroundings) {
  if (Properties.BillingMode === "PAY_PER_REQUEST") {
    const recovered = valueAt(
      Properties,
      "PointInTimeRecoverySpecification",
      "PointInTimeRecoveryEnabled",
    );
    return stored(assumptions.tableGb, recovered === true ? assumptions.tableGb : 0);
  }
  const reads = numberAt(valueAt(Properties, "ProvisionedThroughput", "ReadCapacityUnits"));
  const writes = numberAt(valueAt(Properties, "ProvisionedThroughput", "WriteCapacityUnits"));
  if (reads === undefined || writes === undefined) {
    return unknown("provisioned capacity of a size that is not in the template");
  }
  return billed(
    {
      "dynamodb.provisionedReadHours": reads * assumptions.hoursPerMonth,
      "dynamodb.provisionedWriteHours": writes * assumptions.hoursPerMonth,
      "dynamodb.storageGbMonths": assumptions.tableGb,
    },
    `${reads} read and ${writes} write units all month`,
  );
}

function stored(storageGb: number, recoverableGb: number) {
  return billed(
    { "dynamodb.storageGbMonths": storageGb, "dynamodb.pitrGbMonths": recoverableGb },
    `${storageGb} GB of records, recoverable to any second of the last 35 days`,
  );
}
