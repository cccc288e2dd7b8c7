import { App, Stack, Validations } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { type IQueue, Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, it } from "vitest";
import { InvocableFunction, makeInvocable } from "../../infra/constructs/invocable-function.ts";
import { SwitchyardRules } from "../../infra/rules/switchyard-rules.ts";
import { limits } from "../../shared/core/limits.ts";

const quick = { analyticsReporting: false, builtinCloudFormationValidation: false };
const queueArn = "arn:aws:sqs:us-east-1:111122223333:completions";
const code = Code.fromInline("exports.handler = async () => {};");

function stackWith(build: (stack: Stack, completionQueue: IQueue) => void) {
  const app = new App(quick);
  const stack = new Stack(app, "Functions", {
    env: { account: "111122223333", region: "us-east-1" },
  });
  build(stack, Queue.fromQueueArn(stack, "Completions", queueArn));
  return { app, stack };
}

describe("a function for Switchyard to run", () => {
  const { app, stack } = stackWith((scope, completionQueue) => {
    new InvocableFunction(scope, "Resize", {
      functionName: "resize-images",
      code,
      handler: "index.handler",
      completionQueue,
    });
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new SwitchyardRules());
  app.synth();
  const template = Template.fromStack(stack);

  it("is tagged as such, and so is its log, which the API may then read", () => {
    const tags = Match.arrayWith([{ Key: "switchyard:invocable", Value: "true" }]);
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "resize-images",
      Architectures: ["arm64"],
      Tags: tags,
    });
    template.hasResourceProperties("AWS::Logs::LogGroup", {
      LogGroupName: "/aws/lambda/resize-images",
      RetentionInDays: Match.anyValue(),
      Tags: tags,
    });
  });

  it("reports every end of a call of its alias, and is never tried again by Lambda", () => {
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      // The alias, taken from the last part of its ARN.
      Qualifier: {
        "Fn::Select": [7, { "Fn::Split": [":", { Ref: Match.stringLikeRegexp("Aliaslive") }] }],
      },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: limits.attemptTimeoutSecondsDefault,
      DestinationConfig: {
        OnSuccess: { Destination: queueArn },
        OnFailure: { Destination: queueArn },
      },
    });
  });

  it("may send to the completion queue and write its own log, and nothing else", () => {
    const statements = Object.values(template.findResources("AWS::IAM::Policy")).flatMap(
      (policy) => policy.Properties.PolicyDocument.Statement,
    );
    expect(statements.map(({ Action }) => Action)).toEqual([
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      "sqs:SendMessage",
    ]);
    expect(statements[1].Resource).toBe(queueArn);
  });

  it("may not bear a name of the control plane, which the dispatcher is denied", () => {
    expect(() =>
      stackWith((scope, completionQueue) => {
        new InvocableFunction(scope, "Sly", {
          functionName: "switchyard-prod-sly",
          code,
          handler: "index.handler",
          completionQueue,
        });
      }),
    ).toThrow("belong to the control plane");
  });

  it("can be one that exists already in somebody's app", () => {
    const { stack: theirs } = stackWith((scope, completionQueue) => {
      const fn = new LambdaFunction(scope, "Theirs", {
        code,
        handler: "index.handler",
        runtime: Runtime.PYTHON_3_13,
      });
      makeInvocable(fn, { completionQueue, aliasName: "switchyard" });
    });
    const found = Template.fromStack(theirs);
    found.hasResourceProperties("AWS::Lambda::Alias", { Name: "switchyard" });
    found.hasResourceProperties("AWS::Lambda::Function", {
      Tags: Match.arrayWith([{ Key: "switchyard:invocable", Value: "true" }]),
    });
  });
});
