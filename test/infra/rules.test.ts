import { App, Stack, Validations } from "aws-cdk-lib";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, it } from "vitest";
import { acknowledge } from "../../infra/constructs/acknowledge.ts";
import { SwitchyardRules, switchyardRules } from "../../infra/rules/switchyard-rules.ts";
import type { Resource } from "../../infra/rules/template.ts";

type Resources = Readonly<Record<string, Resource>>;

/** The ids of the rules that find fault, with the resources at which they do. */
function findingsIn(Resources: Resources): readonly string[] {
  return switchyardRules.flatMap((rule) =>
    rule.check({ Resources }).map(({ resource }) => `${rule.id} ${resource}`),
  );
}

const policy = (...Statement: readonly object[]): Resource => ({
  Type: "AWS::IAM::Policy",
  Properties: { PolicyDocument: { Statement } },
});
const allow = (Action: unknown, Resource: unknown = "arn:aws:s3:::b", Condition?: object) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
});
const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
const quietFunction: Resource = {
  Type: "AWS::Lambda::Function",
  Properties: { LoggingConfig: { LogGroup: { Ref: "Log" } } },
};
const protectedReplica = {
  DeletionProtectionEnabled: true,
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
};
const trust = (Service: string, Condition?: object): Resource => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Principal: { Service },
          ...(Condition === undefined ? {} : { Condition }),
        },
      ],
    },
  },
});
const alarmOn = (queue: string): Resource => ({
  Type: "AWS::CloudWatch::Alarm",
  Properties: {
    Metrics: [
      {
        MetricStat: {
          Metric: {
            MetricName: "ApproximateNumberOfMessagesVisible",
            Dimensions: [{ Name: "QueueName", Value: { "Fn::GetAtt": [queue, "QueueName"] } }],
          },
        },
      },
    ],
  },
});

interface Case {
  readonly rule: string;
  readonly fault: string;
  readonly bad: Resources;
  readonly good: Resources;
}

const cases: readonly Case[] = [
  {
    rule: "table-protection",
    fault: "a global table without deletion protection",
    bad: {
      X: {
        Type: "AWS::DynamoDB::GlobalTable",
        Properties: { Replicas: [{ ...protectedReplica, DeletionProtectionEnabled: false }] },
      },
    },
    good: {
      X: { Type: "AWS::DynamoDB::GlobalTable", Properties: { Replicas: [protectedReplica] } },
    },
  },
  {
    rule: "table-protection",
    fault: "a global table with one replica that cannot be recovered",
    bad: {
      X: {
        Type: "AWS::DynamoDB::GlobalTable",
        Properties: { Replicas: [protectedReplica, { DeletionProtectionEnabled: true }] },
      },
    },
    good: {
      X: {
        Type: "AWS::DynamoDB::GlobalTable",
        Properties: { Replicas: [protectedReplica, protectedReplica] },
      },
    },
  },
  {
    rule: "table-protection",
    fault: "a plain table without recovery",
    bad: { X: { Type: "AWS::DynamoDB::Table", Properties: { DeletionProtectionEnabled: true } } },
    good: { X: { Type: "AWS::DynamoDB::Table", Properties: protectedReplica } },
  },
  {
    rule: "log-retention",
    fault: "a log group that is kept for ever",
    bad: { X: { Type: "AWS::Logs::LogGroup" } },
    good: { X: { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: 14 } } },
  },
  {
    rule: "log-retention",
    fault: "a function whose log group Lambda would make",
    bad: { X: { Type: "AWS::Lambda::Function" } },
    good: { X: quietFunction },
  },
  {
    rule: "url-authorization",
    fault: "a function URL without authorization",
    bad: { X: { Type: "AWS::Lambda::Url", Properties: { AuthType: "NONE" } } },
    good: { X: { Type: "AWS::Lambda::Url", Properties: { AuthType: "AWS_IAM" } } },
  },
  {
    rule: "async-failure",
    fault: "a function that a schedule calls and whose failed calls are lost",
    bad: {
      X: quietFunction,
      S: {
        Type: "AWS::Scheduler::Schedule",
        Properties: { Target: { Arn: arnOf("X"), DeadLetterConfig: { Arn: "arn" } } },
      },
    },
    good: {
      X: quietFunction,
      S: {
        Type: "AWS::Scheduler::Schedule",
        Properties: { Target: { Arn: arnOf("X"), DeadLetterConfig: { Arn: "arn" } } },
      },
      C: {
        Type: "AWS::Lambda::EventInvokeConfig",
        Properties: {
          FunctionName: { Ref: "X" },
          DestinationConfig: { OnFailure: { Destination: "arn" } },
        },
      },
    },
  },
  {
    rule: "async-failure",
    fault: "a function that a topic calls and whose failed calls are lost",
    bad: {
      X: quietFunction,
      S: {
        Type: "AWS::SNS::Subscription",
        Properties: { Protocol: "lambda", Endpoint: arnOf("X") },
      },
    },
    good: {
      X: {
        Type: "AWS::Lambda::Function",
        Properties: { ...quietFunction.Properties, DeadLetterConfig: { TargetArn: "arn" } },
      },
      S: {
        Type: "AWS::SNS::Subscription",
        Properties: { Protocol: "lambda", Endpoint: arnOf("X") },
      },
    },
  },
  {
    rule: "schedule-dead-letters",
    fault: "a schedule without a dead-letter queue",
    bad: { X: { Type: "AWS::Scheduler::Schedule", Properties: { Target: { Arn: "arn" } } } },
    good: {
      X: {
        Type: "AWS::Scheduler::Schedule",
        Properties: { Target: { Arn: "arn", DeadLetterConfig: { Arn: "arn" } } },
      },
    },
  },
  {
    rule: "rule-dead-letters",
    fault: "an event rule with one target that has no dead-letter queue",
    bad: {
      X: {
        Type: "AWS::Events::Rule",
        Properties: {
          Targets: [{ Arn: "a", DeadLetterConfig: { Arn: "d" } }, { Arn: "b" }],
        },
      },
    },
    good: {
      X: {
        Type: "AWS::Events::Rule",
        Properties: { Targets: [{ Arn: "a", DeadLetterConfig: { Arn: "d" } }] },
      },
    },
  },
  {
    rule: "queue-alarm",
    fault: "a dead-letter queue that nobody watches",
    bad: {
      Q: {
        Type: "AWS::SQS::Queue",
        Properties: { RedrivePolicy: { deadLetterTargetArn: arnOf("X") } },
      },
      X: { Type: "AWS::SQS::Queue" },
    },
    good: {
      Q: {
        Type: "AWS::SQS::Queue",
        Properties: { RedrivePolicy: { deadLetterTargetArn: arnOf("X") } },
      },
      X: { Type: "AWS::SQS::Queue" },
      A: alarmOn("X"),
    },
  },
  {
    rule: "queue-alarm",
    fault: "a queue of discarded stream records with an alarm on another queue",
    bad: {
      M: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: { DestinationConfig: { OnFailure: { Destination: arnOf("X") } } },
      },
      X: { Type: "AWS::SQS::Queue" },
      A: alarmOn("Y"),
    },
    good: {
      M: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: { DestinationConfig: { OnFailure: { Destination: arnOf("X") } } },
      },
      X: { Type: "AWS::SQS::Queue" },
      A: alarmOn("X"),
    },
  },
  {
    rule: "wildcard-action",
    fault: "a statement that allows all actions of a service",
    bad: { X: policy(allow(["sqs:SendMessage", "dynamodb:*"])) },
    good: { X: policy(allow(["sqs:SendMessage", "dynamodb:GetItem"])) },
  },
  {
    rule: "wildcard-action",
    fault: "a statement that allows everything but one action",
    bad: { X: policy({ Effect: "Allow", NotAction: "iam:PassRole", Resource: "arn:aws:s3:::b" }) },
    good: { X: policy({ Effect: "Deny", NotAction: "s3:GetObject", Resource: "*" }) },
  },
  {
    rule: "unconditional-resource",
    fault: "a statement that allows something everywhere",
    bad: { X: policy(allow("ec2:StopInstances", "*")) },
    good: {
      X: policy(allow("ec2:StopInstances", "*", { StringEquals: { "aws:ResourceTag/a": "b" } })),
    },
  },
  {
    rule: "pass-role",
    fault: "a role that may be passed to any service",
    bad: { X: policy(allow("iam:PassRole", "arn:aws:iam::1:role/r")) },
    good: {
      X: policy(
        allow("iam:PassRole", "arn:aws:iam::1:role/r", {
          StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
        }),
      ),
    },
  },
  {
    rule: "confused-deputy",
    fault: "a role that the scheduler may take on for anybody",
    bad: { X: trust("scheduler.amazonaws.com") },
    good: {
      X: trust("scheduler.amazonaws.com", { StringEquals: { "aws:SourceAccount": "1" } }),
    },
  },
  {
    rule: "confused-deputy",
    fault: "a function that any API may call",
    bad: {
      X: { Type: "AWS::Lambda::Permission", Properties: { Principal: "apigateway.amazonaws.com" } },
    },
    good: {
      X: {
        Type: "AWS::Lambda::Permission",
        Properties: { Principal: "apigateway.amazonaws.com", SourceArn: "arn" },
      },
    },
  },
  {
    rule: "confused-deputy",
    fault: "a queue that events of any account may fill",
    bad: {
      X: {
        Type: "AWS::SQS::QueuePolicy",
        Properties: {
          PolicyDocument: {
            Statement: [
              {
                Effect: "Allow",
                Action: "sqs:SendMessage",
                Principal: { Service: "events.amazonaws.com" },
              },
            ],
          },
        },
      },
    },
    good: {
      X: {
        Type: "AWS::SQS::QueuePolicy",
        Properties: {
          PolicyDocument: {
            Statement: [
              {
                Effect: "Allow",
                Action: "sqs:SendMessage",
                Principal: { Service: "events.amazonaws.com" },
                Condition: { ArnEquals: { "aws:SourceArn": "arn" } },
              },
            ],
          },
        },
      },
    },
  },
];

describe("our policy rules", () => {
  it.each(cases)("$rule finds $fault, and nothing once it is put right", ({ rule, bad, good }) => {
    expect(findingsIn(bad)).toEqual([`${rule} X`]);
    expect(findingsIn(good)).toEqual([]);
  });

  it("are each proven by a planted fault", () => {
    const proven = new Set(cases.map(({ rule }) => rule));
    expect(switchyardRules.filter(({ id }) => !proven.has(id))).toEqual([]);
  });
});

const quick = { analyticsReporting: false, builtinCloudFormationValidation: false };

describe("a synthesis with our rules", () => {
  const appWithFault = () => {
    const app = new App(quick);
    const stack = new Stack(app, "Faulty");
    const log = new LogGroup(stack, "Log", { retention: RetentionDays.INFINITE });
    Validations.of(app).addPlugins(new SwitchyardRules());
    return { app, log };
  };

  it("fails on a finding and says what, where and how to put it right", () => {
    const { app } = appWithFault();
    expect(() => app.synth()).toThrow(/A log is kept for ever[\s\S]*Faulty\/Log/);
  });

  it("passes once the finding is acknowledged with a reason", () => {
    const { app, log } = appWithFault();
    acknowledge(log, {
      "Switchyard::log-retention": "An audit trail that the law keeps for ever.",
    });
    expect(() => app.synth()).not.toThrow();
  });

  it("looks at every template of the app", () => {
    const app = new App(quick);
    new Stack(app, "Clean");
    const stack = new Stack(app, "Faulty");
    const dead = new CfnQueue(stack, "Dead");
    new CfnQueue(stack, "Queue", { redrivePolicy: { deadLetterTargetArn: dead.attrArn } });
    Validations.of(app).addPlugins(new SwitchyardRules());
    expect(() => app.synth()).toThrow("Nobody is told when something lands");
  });
});
