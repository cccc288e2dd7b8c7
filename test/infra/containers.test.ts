import { App, Stack, Validations } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { ContainerImage } from "aws-cdk-lib/aws-ecs";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, it } from "vitest";
import { optionsOf } from "../../infra/config.ts";
import { ContainerTask } from "../../infra/constructs/execution/container-task.ts";
import { RunCluster } from "../../infra/constructs/execution/run-cluster.ts";
import { WorkerFleet } from "../../infra/constructs/execution/worker-fleet.ts";
import { idleBillOf, idleUseOf, unknownUses } from "../../infra/idle-cost.ts";
import { identityStatements } from "../../infra/rules/policy-statements.ts";
import { SwitchyardRules } from "../../infra/rules/switchyard-rules.ts";
import type { Template as Synthesised } from "../../infra/rules/template.ts";
import { usEast1PriceTable } from "../../shared/pricing/price-table.ts";
import { switchyardApp, synthesise } from "./synthesised.ts";

const image = ContainerImage.fromRegistry("public.ecr.aws/docker/library/node:24-slim");

function checkedStack(build: (stack: Stack) => void): Template {
  const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, "Own", { env: { account: "111122223333", region: "us-east-1" } });
  build(stack);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new SwitchyardRules());
  app.synth();
  return Template.fromStack(stack);
}

describe("a container of one's own", () => {
  const template = checkedStack((stack) => {
    new ContainerTask(stack, "Render", {
      stage: "prod",
      family: "render",
      image,
      logRetentionDays: 14,
    });
  });

  it("is a family that the dispatcher may start", () => {
    template.hasResourceProperties("AWS::ECS::TaskDefinition", {
      Family: "switchyard-prod-task-render",
    });
  });

  it("lets the dispatcher hand over its two roles and no other, to ECS alone", () => {
    template.hasResourceProperties("AWS::IAM::Policy", {
      Roles: ["switchyard-prod-dispatch"],
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: "iam:PassRole",
            Resource: [
              { "Fn::GetAtt": [Match.stringLikeRegexp("TaskRole"), "Arn"] },
              { "Fn::GetAtt": [Match.stringLikeRegexp("ExecutionRole"), "Arn"] },
            ],
            Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
          }),
        ],
      },
    });
  });
});

describe("a fleet of workers", () => {
  const template = checkedStack((stack) => {
    const { cluster, network } = new RunCluster(stack, "Runs", { name: "runs" });
    new WorkerFleet(stack, "Workers", {
      stage: "prod",
      pool: "heavy",
      cluster,
      vpc: network.vpc,
      securityGroup: network.securityGroup,
      image,
      apiUrl: "https://abc.execute-api.us-east-1.amazonaws.com/",
      apiId: "abc",
      logRetentionDays: 14,
      spot: true,
    });
  });

  it("leases from its pool and may speak the worker protocol only", () => {
    template.hasResourceProperties("AWS::ECS::TaskDefinition", {
      ContainerDefinitions: [
        Match.objectLike({ Command: ["worker", "--pool", "heavy", "--slots", "4"] }),
      ],
    });
    const allowed = Object.values(template.findResources("AWS::IAM::Policy"))
      .flatMap((policy) => policy.Properties.PolicyDocument.Statement)
      .filter(({ Action }) => Action === "execute-api:Invoke")
      .flatMap(({ Resource }) => Resource);
    expect(JSON.stringify(allowed)).not.toContain("/v1/instances");
    expect(allowed).toHaveLength(4);
  });

  it("costs nothing until it is asked for", () => {
    template.hasResourceProperties("AWS::ECS::Service", { DesiredCount: 0 });
    template.hasResourceProperties("AWS::ApplicationAutoScaling::ScalableTarget", {
      MinCapacity: 0,
      MaxCapacity: 10,
    });
    const uses = idleUseOf({ Own: template.toJSON() as Synthesised });
    expect(unknownUses(uses)).toEqual([]);
    expect(idleBillOf(uses, usEast1PriceTable, "none").totalUsd).toBe(0);
  });
});

describe("a deployment with pools", () => {
  const { stacks, app } = switchyardApp(optionsOf("prod", { pools: ["tokyo"], tenant: "acme" }));
  synthesise(app);
  const template = Template.fromStack(stacks.controlPlane);

  it("has a doorbell for each, that only dispatch rings and only the lent role hears", () => {
    template.hasResourceProperties("AWS::SQS::Queue", {
      QueueName: "switchyard-prod-pool-acme-tokyo",
    });
    const statements = Object.entries(template.findResources("AWS::IAM::Policy")).flatMap(
      ([id, policy]) =>
        policy.Properties.PolicyDocument.Statement.filter(({ Resource }: { Resource: unknown }) =>
          JSON.stringify(Resource).includes("Poolstokyo"),
        ).map(({ Action }: { Action: unknown }) => [id.replace(/Role.*|Default.*/, ""), Action]),
    );
    expect(Object.fromEntries(statements)).toEqual({
      Dispatch: "sqs:SendMessage",
      PoolsListener: ["sqs:DeleteMessage", "sqs:ReceiveMessage"],
    });
  });
});

describe("a deployment without containers", () => {
  it("has no execution stack, and a dispatcher that cannot start any", () => {
    const { stacks, app } = switchyardApp(optionsOf("prod", { fargate: { enabled: false } }));
    const { templates } = synthesise(app);
    expect(stacks.execution).toBeUndefined();
    expect(JSON.stringify(templates.ControlPlane)).not.toContain("ecs:");
  });
});

describe("a deployment with Python in containers", () => {
  const { app, stacks } = switchyardApp(optionsOf("prod", { fargate: { python: true } }));
  const { templates } = synthesise(app);
  const controlPlane = Template.fromStack(stacks.controlPlane);
  const roles = ["switchyard-prod-runner", "switchyard-prod-runner-python"];

  it("has a second task definition of the runner, which the dispatcher knows and may start", () => {
    if (stacks.execution === undefined) throw new Error("there is no execution stack");
    const execution = Template.fromStack(stacks.execution);
    for (const Family of roles) {
      execution.hasResourceProperties("AWS::ECS::TaskDefinition", { Family });
    }
    controlPlane.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "switchyard-prod-dispatch",
      Environment: { Variables: Match.objectLike({ RUNNER_FAMILY_PYTHON: roles[1] }) },
    });
    const statements = identityStatements(templates.ControlPlane ?? {});
    const resourcesOf = (action: string): string =>
      JSON.stringify(statements.filter(({ actions }) => actions.includes(action)));
    expect(resourcesOf("ecs:RunTask")).toContain("task-definition/switchyard-prod-runner-python:*");
    expect(resourcesOf("iam:PassRole")).toMatch(/PythonRunnerExecutionRole.*PythonRunnerTaskRole/);
  });

  it("lets both runners speak of attempts, as workers", () => {
    controlPlane.hasResourceProperties("AWS::IAM::Policy", {
      PolicyName: Match.stringLikeRegexp("RunnerRights"),
      Roles: roles,
    });
    const api = controlPlane.findResources("AWS::Lambda::Function", {
      Properties: { FunctionName: "switchyard-prod-api" },
    });
    expect(JSON.stringify(api)).toContain("assumed-role/switchyard-prod-runner-python/*,worker=");
  });
});
