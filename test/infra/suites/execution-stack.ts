import { Match, Template as Templates } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { identityStatements, type Statement } from "../../../infra/rules/policy-statements.ts";
import { listOf, type Template, valueAt } from "../../../infra/rules/template.ts";
import type { SwitchyardStacks } from "../../../infra/switchyard-app.ts";

/** The stack where containers run, and what the control plane may do with it. */
export function describeExecutionStack(
  stacks: SwitchyardStacks,
  templates: Readonly<Record<string, Template>>,
): void {
  const { execution } = stacks;
  if (execution === undefined) throw new Error("these stacks have no execution stack");
  describe("the network of the containers", () => describeNetwork(Templates.fromStack(execution)));
  describe("the runner's task definition", () => describeRunner(Templates.fromStack(execution)));
  describe("what the dispatcher may do with containers", () => describeRights(templates));
  describe("what a container's end leads to", () =>
    describeEvents(Templates.fromStack(stacks.controlPlane)));
}

function describeNetwork(template: Templates): void {
  it("has no NAT gateway, no address of its own and no way in", () => {
    template.resourceCountIs("AWS::EC2::NatGateway", 0);
    template.resourceCountIs("AWS::EC2::EIP", 0);
    template.allResourcesProperties("AWS::EC2::SecurityGroup", {
      SecurityGroupIngress: Match.absent(),
    });
    template.resourceCountIs("AWS::EC2::SecurityGroupIngress", 0);
  });

  it("gives addresses to containers only, and reaches the payloads without leaving AWS", () => {
    template.allResourcesProperties("AWS::EC2::Subnet", { MapPublicIpOnLaunch: false });
    template.allResourcesProperties("AWS::EC2::VPCEndpoint", { VpcEndpointType: "Gateway" });
  });

  it("holds a cluster for Fargate and Spot in which nothing stands", () => {
    template.resourceCountIs("AWS::ECS::Service", 0);
    template.hasResourceProperties("AWS::ECS::ClusterCapacityProviderAssociations", {
      CapacityProviders: ["FARGATE", "FARGATE_SPOT"],
    });
  });
}

function describeRunner(template: Templates): void {
  it("runs one arm64 container whose log forgets, without any secret or variable", () => {
    template.hasResourceProperties("AWS::ECS::TaskDefinition", {
      Family: "switchyard-prod-runner",
      RequiresCompatibilities: ["FARGATE"],
      RuntimePlatform: { CpuArchitecture: "ARM64", OperatingSystemFamily: "LINUX" },
      ContainerDefinitions: [
        Match.objectLike({
          Name: "run",
          Essential: true,
          Environment: Match.absent(),
          Secrets: Match.absent(),
          LogConfiguration: Match.objectLike({ LogDriver: "awslogs" }),
        }),
      ],
    });
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 14 });
  });

  it("has roles that only ECS in this account may take on", () => {
    template.allResourcesProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Principal: { Service: "ecs-tasks.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
          }),
        ],
      }),
    });
  });
}

function describeRights(templates: Readonly<Record<string, Template>>): void {
  const statements = identityStatements(templates.ControlPlane ?? {});
  const allowing = (action: string): readonly Statement[] =>
    statements.filter(({ actions }) => actions.includes(action));

  it("is to start the runner's family and users' own, in its own cluster alone", () => {
    const [run, ...others] = allowing("ecs:RunTask");
    expect(others).toEqual([]);
    const families = listOf(run?.resources).map(
      (resource) => /task-definition.*$/.exec(textOf(resource))?.[0],
    );
    expect(families).toEqual([
      "task-definition/switchyard-prod-runner:*",
      "task-definition/switchyard-prod-task-*:*",
    ]);
    expect(Object.keys(valueAt(run?.conditions, "ArnEquals") ?? {})).toEqual(["ecs:cluster"]);
  });

  it("is to look at and stop what runs in that cluster", () => {
    const [look] = allowing("ecs:StopTask");
    expect(listOf(look?.resources).map((resource) => textOf(resource))).toEqual([
      expect.stringMatching(/:task\/switchyard-prod\/\*$/),
    ]);
    expect(
      Object.keys(valueAt(allowing("ecs:ListTasks")[0]?.conditions, "ArnEquals") ?? {}),
    ).toEqual(["ecs:cluster"]);
  });

  it("is to hand over exactly the runner's two roles, and to ECS alone", () => {
    const passing = allowing("iam:PassRole").filter(({ carrier }) =>
      carrier.id.startsWith("Dispatch"),
    );
    expect(passing).toHaveLength(1);
    const [pass] = passing;
    expect(listOf(pass?.resources).map((resource) => textOf(resource))).toEqual([
      expect.stringMatching(/RunnerExecutionRole/),
      expect.stringMatching(/RunnerTaskRole/),
    ]);
    expect(pass?.conditions).toEqual({
      StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
    });
  });

  it("and the runner itself may speak of attempts, and nothing else", () => {
    const calls = statements
      .filter(({ carrier }) => carrier.id.startsWith("RunnerRights"))
      .flatMap(({ actions, resources }) =>
        resources.map((resource) => [actions, textOf(resource)]),
      );
    expect(calls).toEqual([
      [["execute-api:Invoke"], expect.stringMatching(/POST\/v1\/attempts\/\*$/)],
    ]);
  });
}

function describeEvents(template: Templates): void {
  it("is a message to completion, or to the failures if that is impossible", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        detail: {
          clusterArn: [Match.anyValue()],
          $or: [
            { lastStatus: ["STOPPED"] },
            {
              lastStatus: ["RUNNING"],
              overrides: { containerOverrides: { environment: { value: ["container"] } } },
            },
          ],
        },
      },
      Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue() })],
    });
  });
}

/** An ARN with its references left as JSON. */
function textOf(resource: unknown): string {
  const parts = valueAt(resource, "Fn::Join");
  if (!Array.isArray(parts))
    return typeof resource === "string" ? resource : JSON.stringify(resource);
  return listOf(parts[1])
    .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
    .join("");
}
