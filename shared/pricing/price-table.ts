import { assert } from "../core/errors.ts";
import type { MeteredUnit } from "../ports/meter.ts";
import type { ListPrice } from "./price.ts";
import { usEast1RunPrices } from "./run-prices.ts";

/** What is billed for merely existing, beside the units that work is metered by. */
export const standingUnits = [
  "dynamodb.storageGbMonths",
  "dynamodb.pitrGbMonths",
  "s3.storageGbMonths",
  "logs.storageGbMonths",
  "cloudwatch.alarmMetricMonths",
  "cloudwatch.compositeAlarmMonths",
  "cloudwatch.customMetricMonths",
  "kms.keyMonths",
  "secretsmanager.secretMonths",
  "lambda.provisionedGbSeconds",
  "ec2.natGatewayHours",
  "ec2.interfaceEndpointHours",
  "ec2.publicIpv4Hours",
  "elb.loadBalancerHours",
  "fargate.vcpuHours",
  "fargate.gbHours",
  "dynamodb.provisionedWriteHours",
  "dynamodb.provisionedReadHours",
] as const;
export type StandingUnit = (typeof standingUnits)[number];

/** Everything the price table knows a price for. */
export type PricedUnit = MeteredUnit | StandingUnit;

export interface UnitPrice extends ListPrice {
  /** What AWS gives every account each month for ever; 0 where the allowance ends or is in doubt. */
  readonly alwaysFreePerMonth: number;
}

/** List prices of one Region at one time. Another Region or date is another table, never an edit. */
export interface PriceTable {
  readonly version: string;
  readonly region: string;
  readonly currency: "USD";
  readonly units: Readonly<Record<PricedUnit, UnitPrice>>;
}

const none = 0;

/** What running user code costs is said once, in the prices of runs; the control plane is arm64. */
const { lambda, fargate } = usEast1RunPrices;
const lambdaTier = lambda.gbSecond.arm64[0];
assert(lambdaTier !== undefined, "Lambda has a first tier");
const perHour = (price: ListPrice): ListPrice => ({ ...price, usd: price.usd * 3_600 });

/** us-east-1, first price tier (idle and small use never leave it), arm64 for Lambda. */
export const usEast1PriceTable: PriceTable = {
  version: "us-east-1-2026-11",
  region: "us-east-1",
  currency: "USD",
  units: {
    "dynamodb.writeUnits": {
      usd: 0.625e-6,
      alwaysFreePerMonth: none,
      confidence: "verified",
      note: "on-demand write request unit, 1 KB; the free 25 units are for provisioned tables only",
    },
    "dynamodb.readUnits": {
      usd: 0.125e-6,
      alwaysFreePerMonth: none,
      confidence: "verified",
      note: "on-demand read request unit, 4 KB strongly consistent",
    },
    "sqs.requests": {
      usd: 0.4e-6,
      alwaysFreePerMonth: 1e6,
      confidence: "verified",
      note: "standard queue request, 64 KB; an empty long poll is a request",
    },
    "eventbridge.events": {
      usd: 1e-6,
      alwaysFreePerMonth: none,
      confidence: "verified",
      note: "custom event, 64 KB",
    },
    "lambda.requests": { ...lambda.request, alwaysFreePerMonth: 1e6 },
    "lambda.gbSeconds": {
      ...lambdaTier.price,
      alwaysFreePerMonth: 400_000,
      note: "arm64, initialisation included since August 2025",
    },
    "apigateway.requests": {
      usd: 1e-6,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "HTTP API request, 512 KB; the free million ends after twelve months",
    },
    "scheduler.invocations": {
      usd: 1e-6,
      alwaysFreePerMonth: 14e6,
      confidence: "verified",
      note: "EventBridge Scheduler invocation",
    },
    "logs.gigabytes": {
      usd: 0.5,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "CloudWatch Logs ingestion; the free 5 GB are left out because what shares them varies",
    },
    "dynamodb.storageGbMonths": {
      usd: 0.25,
      alwaysFreePerMonth: 25,
      confidence: "known",
      note: "Standard table class, index entries included",
    },
    "dynamodb.pitrGbMonths": {
      usd: 0.2,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "point-in-time recovery, by the table's size, whatever the recovery period",
    },
    "s3.storageGbMonths": {
      usd: 0.023,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "S3 Standard; the free 5 GB end after twelve months",
    },
    "logs.storageGbMonths": {
      usd: 0.03,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "CloudWatch Logs storage, compressed size; counted here uncompressed",
    },
    "cloudwatch.alarmMetricMonths": {
      usd: 0.1,
      alwaysFreePerMonth: 10,
      confidence: "known",
      note: "standard-resolution alarm; an alarm on metric math counts once per metric",
    },
    "cloudwatch.compositeAlarmMonths": {
      usd: 0.5,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "composite alarm, beside the alarms it combines",
    },
    "cloudwatch.customMetricMonths": {
      usd: 0.3,
      alwaysFreePerMonth: 10,
      confidence: "known",
      note: "custom metric, by the hour in which it is published",
    },
    "kms.keyMonths": {
      usd: 1,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "customer managed key; each of the first two rotations adds another",
    },
    "secretsmanager.secretMonths": {
      usd: 0.4,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "secret",
    },
    "lambda.provisionedGbSeconds": {
      ...lambda.provisionedGbSecond.arm64,
      alwaysFreePerMonth: none,
    },
    "ec2.natGatewayHours": {
      usd: 0.045,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "NAT gateway, before any traffic",
    },
    "ec2.interfaceEndpointHours": {
      usd: 0.01,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "interface endpoint, per Availability Zone",
    },
    "ec2.publicIpv4Hours": {
      usd: 0.005,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "public IPv4 address",
    },
    "elb.loadBalancerHours": {
      usd: 0.0225,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "application or network load balancer, before any capacity unit",
    },
    "fargate.vcpuHours": { ...perHour(fargate.arm64.vcpuSecond), alwaysFreePerMonth: none },
    "fargate.gbHours": { ...perHour(fargate.arm64.gbSecond), alwaysFreePerMonth: none },
    "dynamodb.provisionedWriteHours": {
      usd: 0.00065,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "provisioned write capacity unit; its free allowance is not relied on",
    },
    "dynamodb.provisionedReadHours": {
      usd: 0.00013,
      alwaysFreePerMonth: none,
      confidence: "known",
      note: "provisioned read capacity unit; its free allowance is not relied on",
    },
  },
};
