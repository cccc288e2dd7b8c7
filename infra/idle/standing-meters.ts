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

const policy = free("a policy");
const network = free("a network bills what stands in it and what leaves it");

/** Meters of what watches and guards, and of what bills by the hour wherever it stands. */
export const standingMeters: Readonly<Record<string, Meter>> = {
  "AWS::IAM::Role": policy,
  "AWS::IAM::Policy": policy,
  "AWS::IAM::ManagedPolicy": policy,
  "AWS::SQS::QueuePolicy": policy,
  "AWS::SNS::TopicPolicy": policy,
  "AWS::S3::BucketPolicy": policy,
  "AWS::CDK::Metadata": free("a note"),
  "AWS::Logs::LogGroup": free("bills what is written; idle writers are counted there"),
  "AWS::Logs::MetricFilter": ({ Properties }) => {
    const metrics = listOf(Properties.MetricTransformations).length;
    return billed({ "cloudwatch.customMetricMonths": metrics }, `${metrics} custom metrics`);
  },
  "AWS::CloudWatch::Alarm": alarm,
  "AWS::CloudWatch::CompositeAlarm": () =>
    billed({ "cloudwatch.compositeAlarmMonths": 1 }, "a composite alarm"),
  "AWS::KMS::Key": () => billed({ "kms.keyMonths": 1 }, "a customer managed key"),
  "AWS::KMS::Alias": free("a name"),
  "AWS::SecretsManager::Secret": () => billed({ "secretsmanager.secretMonths": 1 }, "a secret"),
  "AWS::EC2::NatGateway": hourly("ec2.natGatewayHours", "a NAT gateway"),
  "AWS::EC2::EIP": hourly("ec2.publicIpv4Hours", "a public IPv4 address"),
  "AWS::EC2::VPCEndpoint": endpoint,
  "AWS::ElasticLoadBalancingV2::LoadBalancer": hourly("elb.loadBalancerHours", "a load balancer"),
  "AWS::EC2::VPC": network,
  "AWS::EC2::Subnet": network,
  "AWS::EC2::RouteTable": network,
  "AWS::EC2::Route": network,
  "AWS::EC2::SubnetRouteTableAssociation": network,
  "AWS::EC2::InternetGateway": network,
  "AWS::EC2::VPCGatewayAttachment": network,
  "AWS::EC2::SecurityGroup": free("a policy"),
  "AWS::ECS::ClusterCapacityProviderAssociations": free("a setting"),
  "AWS::ApplicationAutoScaling::ScalableTarget": free("a setting"),
  "AWS::ApplicationAutoScaling::ScalingPolicy": free("a setting; its alarms are made by AWS"),
  "AWS::ECS::Cluster": free("bills tasks only"),
  "AWS::ECS::TaskDefinition": free("bills tasks only"),
  "AWS::ECS::Service": service,
};

function hourly(
  unit: "ec2.natGatewayHours" | "ec2.publicIpv4Hours" | "elb.loadBalancerHours",
  what: string,
): Meter {
  return (_, { assumptions }) =>
    billed({ [unit]: assumptions.hoursPerMonth }, `${what}, by the hour, used or not`);
}

function alarm({ Properties }: NamedResource) {
  const queries = listOf(Properties.Metrics);
  if (queries.some((query) => /\bSELECT\b/i.test(String(valueAt(query, "Expression"))))) {
    return unknown(
      "an alarm on a Metrics Insights query bills every metric that the query matches",
    );
  }
  const metrics = Math.max(
    1,
    queries.filter((query) => valueAt(query, "MetricStat") !== undefined).length,
  );
  const periods = [Properties, ...queries.map((query) => valueAt(query, "MetricStat"))].map(
    (place) => numberAt(valueAt(place, "Period")) ?? 60,
  );
  // High resolution costs three times as much.
  const factor = Math.min(...periods) < 60 ? 3 : 1;
  const custom = isPublishedAlways(Properties) ? 1 : 0;
  return billed(
    {
      "cloudwatch.alarmMetricMonths": metrics * factor,
      "cloudwatch.customMetricMonths": custom,
    },
    `an alarm on ${metrics} ${metrics === 1 ? "metric" : "metrics"}${custom === 0 ? "" : " of our own, published all the time"}`,
  );
}

/**
 * A metric of our own bills for the hours in which it has values. Those that may be missing are
 * published only when there is something to say.
 */
function isPublishedAlways({ Namespace, TreatMissingData }: NamedResource["Properties"]): boolean {
  const isOurs = typeof Namespace === "string" && !Namespace.startsWith("AWS/");
  return isOurs && TreatMissingData !== "notBreaching";
}

function endpoint({ Properties }: NamedResource, { assumptions }: Surroundings) {
  if ((Properties.VpcEndpointType ?? "Gateway") === "Gateway") {
    return nothing("gateway endpoints bill nothing");
  }
  const zones = Math.max(1, listOf(Properties.SubnetIds).length);
  return billed(
    { "ec2.interfaceEndpointHours": zones * assumptions.hoursPerMonth },
    `an interface endpoint in ${zones} zones, by the hour`,
  );
}

function service({ Properties }: NamedResource, around: Surroundings) {
  const tasks = numberAt(Properties.DesiredCount ?? 1);
  if (tasks === 0) return nothing("no task runs while nothing is asked");
  const definition = referred(Properties.TaskDefinition, around)?.Properties;
  const cpu = numberAt(definition?.Cpu);
  const memoryMb = numberAt(definition?.Memory);
  if (tasks === undefined || cpu === undefined || memoryMb === undefined) {
    return unknown("a service whose size is not in the template");
  }
  const hours = tasks * around.assumptions.hoursPerMonth;
  return billed(
    {
      "fargate.vcpuHours": (hours * cpu) / 1_024,
      "fargate.gbHours": (hours * memoryMb) / 1_024,
    },
    `${tasks} tasks of ${cpu} CPU units and ${memoryMb} MB that never stop`,
  );
}
