import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import type { SwitchyardStacks } from "../../../infra/switchyard-app.ts";
import { MirrorMessage, WatchMessage } from "../../../shared/contract/messages.ts";
import { metricsNamespace } from "../../../shared/contract/metrics.ts";
import { limits } from "../../../shared/core/limits.ts";

const intakeQueue = { "Fn::GetAtt": [Match.stringLikeRegexp("^TimeIntakeQueue[0-9A-F]"), "Arn"] };

export function describeTimeAndEvents(stacks: SwitchyardStacks): void {
  const template = Template.fromStack(stacks.controlPlane);
  describe("time and events on AWS", () => {
    describeRights(template);
    describeArrivals(template);
    describeRounds(template);
  });
}

function describeRights(template: Template): void {
  it("lets EventBridge Scheduler send for schedules of one group, to the intake queue alone", () => {
    template.hasResourceProperties("AWS::IAM::Role", {
      Description: Match.stringLikeRegexp("firings of schedules"),
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: {
              StringEquals: {
                "aws:SourceAccount": { Ref: "AWS::AccountId" },
                "aws:SourceArn": { "Fn::GetAtt": [Match.stringLikeRegexp("TimeMirrored"), "Arn"] },
              },
            },
          }),
        ],
      },
    });
    template.hasResourceProperties("AWS::Scheduler::ScheduleGroup", { Name: "switchyard-prod" });
  });

  it("lets the mirror hand over that role and no other, and to EventBridge Scheduler alone", () => {
    template.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: "iam:PassRole",
            Resource: { "Fn::GetAtt": [Match.stringLikeRegexp("^TimeMirroredRole"), "Arn"] },
            Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
          }),
        ]),
      },
    });
  });

  it("lets the mirror point rules to nothing but the intake queue", () => {
    template.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: "events:PutTargets",
            Condition: {
              "ForAllValues:ArnEquals": { "events:TargetArn": intakeQueue },
              Null: { "events:TargetArn": "false" },
            },
          }),
        ]),
      },
    });
  });

  it.each(["Api", "TimeIntake"])(
    "lets %s put on our bus only that it refused an event",
    (owner) => {
      const [policy] = Object.entries(template.findResources("AWS::IAM::Policy")).filter(([id]) =>
        id.startsWith(`${owner}RoleDefault`),
      );
      const statements: readonly { readonly Action: unknown }[] =
        policy?.[1].Properties.PolicyDocument.Statement;
      expect(statements.filter(({ Action }) => Action === "events:PutEvents")).toEqual([
        {
          Effect: "Allow",
          Action: "events:PutEvents",
          Resource: { "Fn::GetAtt": [expect.stringMatching(/^StateBus[0-9A-F]/), "Arn"] },
          Condition: {
            "ForAllValues:StringEquals": {
              "events:source": "switchyard",
              "events:detail-type": "Submission Refused",
            },
          },
        },
      ]);
    },
  );

  it("binds schedules and rules to the beginnings of their names", () => {
    const text = JSON.stringify(template.findResources("AWS::IAM::Policy"));
    expect(text).toContain(":schedule/switchyard-prod/*");
    expect(text).toContain("/switchyard-prod.*");
    // Not on the account's default bus, unless that is asked for.
    expect(text).not.toContain(":rule/switchyard-prod.*");
  });

  it("lets rules with that beginning send to the intake queue and its dead letters", () => {
    const policies = Object.values(template.findResources("AWS::SQS::QueuePolicy"));
    const open = policies.filter((policy) => JSON.stringify(policy).includes("/switchyard-prod.*"));
    expect(open).toHaveLength(2);
    for (const { Properties } of open) {
      const statement = Properties.PolicyDocument.Statement.find((each: { Condition?: object }) =>
        JSON.stringify(each.Condition ?? {}).includes("/switchyard-prod.*"),
      );
      expect(statement).toMatchObject({
        Action: "sqs:SendMessage",
        Principal: { Service: "events.amazonaws.com" },
        Condition: { ArnLike: { "aws:SourceArn": expect.anything() } },
      });
    }
  });
}

function describeArrivals(template: Template): void {
  it("takes in events that name a task, whole, for the tenant of the deployment", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { "detail-type": ["Submit Task"] },
      Targets: [
        Match.objectLike({
          Arn: intakeQueue,
          DeadLetterConfig: { Arn: Match.anyValue() },
          InputTransformer: {
            InputTemplate: '{"kind":"event","tenant":"default","event":<aws.events.event.json>}',
          },
        }),
      ],
    });
  });
}

function describeRounds(template: Template): void {
  const schedules = Object.values(template.findResources("AWS::Scheduler::Schedule")).map(
    ({ Properties }) => Properties,
  );
  const calling = (kind: string) =>
    schedules.find(({ Target }) => JSON.parse(Target.Input).kind === kind);

  it("compares everything that is mirrored each hour", () => {
    const sweep = calling("sweep");
    expect(sweep?.ScheduleExpression).toBe("rate(1 hour)");
    expect(MirrorMessage.safeParse(JSON.parse(sweep?.Target.Input)).success).toBe(true);
  });

  it("watches every five minutes, by a schedule and a role of its own", () => {
    const watch = calling("watch");
    expect(watch?.ScheduleExpression).toBe("rate(5 minutes)");
    expect(WatchMessage.safeParse(JSON.parse(watch?.Target.Input)).success).toBe(true);
    const roles = schedules.map(({ Target }) => JSON.stringify(Target.RoleArn));
    expect(new Set(roles).size).toBe(schedules.length);
  });

  it("runs a canary that the dispatcher may call, and that reports", () => {
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "canary-of-switchyard-prod",
      Tags: Match.arrayWith([{ Key: "switchyard:invocable", Value: "true" }]),
    });
  });

  it("rings when the canary is silent, also when nobody is left to say so", () => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: "switchyard-prod-canary",
      Namespace: metricsNamespace,
      MetricName: "CanaryAgeSeconds",
      Dimensions: [{ Name: "Stage", Value: "prod" }],
      Threshold: limits.canarySilentMs / 1_000,
      TreatMissingData: "breaching",
      AlarmActions: [Match.anyValue()],
    });
  });

  it.each([
    ["missed-slots", metricsNamespace, "MissedSlots"],
    ["mirror-failures", metricsNamespace, "MirrorFailures"],
    ["unreadable-messages", metricsNamespace, "MessagesUnreadable"],
    ["dropped-firings", "AWS/Scheduler", "InvocationDroppedCount"],
  ])("rings for %s above nothing", (name, Namespace, MetricName) => {
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      AlarmName: `switchyard-prod-${name}`,
      Namespace,
      MetricName,
      Threshold: 0,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
      AlarmActions: [Match.anyValue()],
    });
  });

  it("says in each alarm where to read what to do", () => {
    const alarms = Object.values(template.findResources("AWS::CloudWatch::Alarm"));
    expect(alarms).toHaveLength(7);
    for (const { Properties } of alarms) {
      expect(Properties.AlarmDescription).toMatch(/docs\/deploy\.md, "[^"]+"/);
    }
  });
}
