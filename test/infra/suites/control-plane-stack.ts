import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import type { SwitchyardStacks } from "../../../infra/switchyard-app.ts";
import { environmentSchemas, functionNames } from "../../../shared/contract/env.ts";
import { TickMessage } from "../../../shared/contract/messages.ts";
import { tableAttributes } from "../../../shared/contract/table.ts";
import type { RecordType } from "../../../shared/ports/store.ts";

const lambda = "AWS::Lambda::Function";
const mapping = "AWS::Lambda::EventSourceMapping";
const queue = "AWS::SQS::Queue";

/** Stands in for what only the deployment knows, so that the handlers' schemas can judge the rest. */
const resolvedValues: Readonly<Record<string, string>> = {
  DISPATCH_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/111122223333/dispatch",
  INTAKE_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/111122223333/intake",
  INTAKE_QUEUE_ARN: "arn:aws:sqs:us-east-1:111122223333:intake",
  INTAKE_DEAD_LETTERS_ARN: "arn:aws:sqs:us-east-1:111122223333:intake-dead",
  SCHEDULER_ROLE_ARN: "arn:aws:iam::111122223333:role/scheduler",
  CANARY_FUNCTION_ARN: "arn:aws:lambda:us-east-1:111122223333:function:canary:live",
  ACCOUNT_ID: "111122223333",
  API_URL: "https://abc.execute-api.us-east-1.amazonaws.com/",
};

export function describeControlPlaneStack(stacks: SwitchyardStacks): void {
  const template = Template.fromStack(stacks.controlPlane);
  describe("the functions of the control plane", () => describeFunctions(template));
  describe("the queues of the control plane", () => describeQueues(template));
  describe("the clock, the change feed and the alarms", () => describeClockAndFeed(template));
  describe("the HTTP API", () => describeHttpApi(template));
}

function describeFunctions(template: Template): void {
  const functions = Object.values(template.findResources(lambda)).map((fn) => fn.Properties);

  it("are exactly those of the contract", () => {
    const names = functions.map((fn) => fn.FunctionName).sort();
    const ours = functionNames.map((name) => `switchyard-prod-${name}`);
    expect(names).toEqual(["canary-of-switchyard-prod", ...ours].sort());
  });

  it("run on arm64 and Node 24 with a size and a time of their own", () => {
    template.allResourcesProperties(lambda, {
      Architectures: ["arm64"],
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: Match.anyValue(),
      Timeout: Match.anyValue(),
    });
  });

  it("write JSON to a log group of their own that forgets", () => {
    for (const fn of functions) {
      expect(fn.LoggingConfig.LogGroup).toEqual({ Ref: expect.any(String) });
      const isCanary = fn.FunctionName.startsWith("canary-");
      expect(fn.LoggingConfig.LogFormat).toBe(isCanary ? undefined : "JSON");
    }
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 14 });
  });

  it("share no reserved concurrency and are not traced", () => {
    for (const fn of functions) {
      expect(fn).not.toHaveProperty("ReservedConcurrentExecutions");
      expect(fn).not.toHaveProperty("TracingConfig");
    }
  });

  it.each(functionNames)("give %s the environment that its handler parses, and no more", (name) => {
    const fn = functions.find((each) => each.FunctionName === `switchyard-prod-${name}`);
    const variables: Record<string, unknown> = fn?.Environment.Variables;
    const resolved = Object.fromEntries(
      Object.entries(variables).map(([key, value]) => [
        key,
        typeof value === "string" ? value : (resolvedValues[key] ?? "resolved"),
      ]),
    );
    const result = environmentSchemas[name].strict().safeParse(resolved);
    expect(result.error?.issues ?? []).toEqual([]);
  });
}

function describeQueues(template: Template): void {
  const queues = Object.entries(template.findResources(queue));
  const consumed = queues.filter(([, { Properties }]) => Properties.RedrivePolicy !== undefined);

  it("are encrypted", () => {
    template.allResourcesProperties(queue, { SqsManagedSseEnabled: true });
  });

  it("hide a message for six times as long as its consumer may work", () => {
    expect(consumed).toHaveLength(3);
    for (const [id, { Properties }] of consumed) {
      const [source] = Object.values(
        template.findResources(mapping, {
          Properties: { EventSourceArn: { "Fn::GetAtt": [id, "Arn"] } },
        }),
      );
      const consumer = template.findResources(lambda)[source?.Properties.FunctionName.Ref];
      expect(Properties.VisibilityTimeout).toBe(6 * consumer?.Properties.Timeout);
    }
  });

  it("put a message aside after five deliveries, for longer than it could wait before", () => {
    for (const [, { Properties }] of consumed) {
      const { deadLetterTargetArn, maxReceiveCount } = Properties.RedrivePolicy;
      expect(maxReceiveCount).toBe(5);
      const [deadId] = deadLetterTargetArn["Fn::GetAtt"];
      const dead = template.findResources(queue)[deadId]?.Properties;
      expect(dead.MessageRetentionPeriod).toBeGreaterThan(Properties.MessageRetentionPeriod);
    }
  });

  it("are consumed in tens, at once, with failures reported one by one", () => {
    const sources = Object.values(
      template.findResources(mapping, { Properties: { ScalingConfig: Match.anyValue() } }),
    );
    expect(sources).toHaveLength(3);
    for (const { Properties } of sources) {
      expect(Properties).toMatchObject({
        BatchSize: 10,
        MaximumBatchingWindowInSeconds: 0,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 10 },
      });
    }
  });
}

function describeClockAndFeed(template: Template): void {
  it("calls the timekeeper every minute with a message that it understands", () => {
    const schedules = Object.values(template.findResources("AWS::Scheduler::Schedule"));
    const schedule = schedules.find(({ Properties }) => /"tick"/.test(Properties.Target.Input));
    const { ScheduleExpression, Target, GroupName } = schedule?.Properties ?? {};
    expect(ScheduleExpression).toBe("rate(1 minute)");
    expect(GroupName).toBeDefined();
    expect(TickMessage.parse(JSON.parse(Target.Input))).toEqual({
      kind: "tick",
      scheduledAt: "<aws.scheduler.scheduled-time>",
    });
    expect(Target.RetryPolicy).toEqual({
      MaximumRetryAttempts: 1,
      MaximumEventAgeInSeconds: 60,
    });
  });

  it("lets only schedules of its own group take on the scheduler's role", () => {
    template.hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: "sts:AssumeRole",
            Effect: "Allow",
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: {
              StringEquals: {
                "aws:SourceAccount": { Ref: "AWS::AccountId" },
                "aws:SourceArn": { "Fn::GetAtt": [Match.stringLikeRegexp("Group"), "Arn"] },
              },
            },
          },
        ],
      },
    });
  });

  it("never tries a failed tick again: the next one comes in a minute", () => {
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  it("hands instance records to the observer and nothing that the observer itself writes", () => {
    const [feed] = Object.values(
      template.findResources(mapping, { Properties: { StartingPosition: Match.anyValue() } }),
    );
    const instance: RecordType = "instance";
    const filters = feed?.Properties.FilterCriteria.Filters;
    expect(filters.map(({ Pattern }: { Pattern: string }) => JSON.parse(Pattern))).toEqual([
      { dynamodb: { NewImage: { [tableAttributes.type]: { S: [instance] } } } },
    ]);
    expect(feed?.Properties).toMatchObject({
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 200,
      MaximumBatchingWindowInSeconds: 5,
      ParallelizationFactor: 1,
      TumblingWindowInSeconds: 900,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumRecordAgeInSeconds: 12 * 3_600,
      DestinationConfig: { OnFailure: { Destination: expect.anything() } },
    });
    expect(feed?.Properties.MaximumRetryAttempts).toBeGreaterThan(0);
  });

  it("watches every dead-letter queue with one alarm, and the clock with another", () => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "switchyard-prod-dead-letters",
      Threshold: 0,
      ComparisonOperator: "GreaterThanThreshold",
      AlarmActions: [Match.anyValue()],
      Metrics: Match.arrayWith([Match.objectLike({ Expression: "SUM(METRICS())" })]),
    });
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "switchyard-prod-timekeeper-silent",
      TreatMissingData: "breaching",
      AlarmActions: [Match.anyValue()],
    });
  });

  it("lets alarms of this account reach the topic, whose own policy replaces the default", () => {
    template.hasResourceProperties("AWS::SNS::TopicPolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: "Allow",
            Principal: { Service: "cloudwatch.amazonaws.com" },
            Condition: Match.objectLike({
              StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
            }),
          }),
        ]),
      },
    });
  });
}

function describeHttpApi(template: Template): void {
  it("asks every caller for a signature", () => {
    template.allResourcesProperties("AWS::ApiGatewayV2::Route", { AuthorizationType: "AWS_IAM" });
    template.hasResourceProperties("AWS::ApiGatewayV2::Route", { RouteKey: "ANY /v1/{proxy+}" });
  });

  it("throttles and logs", () => {
    template.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
      DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
      AccessLogSettings: { DestinationArn: Match.anyValue(), Format: Match.anyValue() },
    });
  });

  it("speaks payload format 2.0 and waits as long as the function may work", () => {
    template.hasResourceProperties("AWS::ApiGatewayV2::Integration", {
      PayloadFormatVersion: "2.0",
      TimeoutInMillis: 29_000,
    });
  });

  it.each(["ApiUrl", "BusName", "BusArn", "CompletionQueueArn"])("outputs %s", (name) => {
    template.hasOutput(name, { Value: Match.anyValue() });
  });
}
