import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { optionsOf } from "../../infra/config.ts";
import { switchyardApp, synthesise } from "./synthesised.ts";

// One synthesis with every option that changes the shape; its own policy checks must pass as well.
const { app, stacks } = switchyardApp(
  optionsOf("dev", {
    protectData: false,
    openHealth: true,
    stateEvents: "none",
    alarmEmail: "operator@example.com",
    logRetentionDays: 3,
    tenant: "acme",
    machineRoles: [
      { role: "operator", principal: "arn:aws:sts::111122223333:assumed-role/ci/*" },
      { role: "viewer", principal: "*" },
    ],
    people: {
      issuer: "https://id.example.com",
      audience: ["switchyard"],
      tenantClaim: "org",
      origins: ["https://console.example.com"],
    },
  }),
);
synthesise(app);
const data = Template.fromStack(stacks.data);
const controlPlane = Template.fromStack(stacks.controlPlane);

describe("a stage whose data is disposable", () => {
  it("can be removed in one step, and is still recoverable while it lives", () => {
    data.hasResource("AWS::DynamoDB::GlobalTable", {
      DeletionPolicy: "Delete",
      Properties: {
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: false,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          }),
        ],
      },
    });
    data.hasResource("AWS::S3::Bucket", { DeletionPolicy: "Delete" });
    expect(stacks.data.terminationProtection).toBe(false);
  });
});

describe("the front door for people", () => {
  const routes = Object.values(controlPlane.findResources("AWS::ApiGatewayV2::Route")).map(
    (route) => route.Properties,
  );

  it("is an API of its own that checks tokens of the issuer", () => {
    controlPlane.resourceCountIs("AWS::ApiGatewayV2::Api", 2);
    controlPlane.hasResourceProperties("AWS::ApiGatewayV2::Authorizer", {
      AuthorizerType: "JWT",
      JwtConfiguration: { Issuer: "https://id.example.com", Audience: ["switchyard"] },
    });
    controlPlane.hasOutput("PeopleApiUrl", { Value: Match.anyValue() });
  });

  it("leaves the browser's preflight to the gateway: no route of it takes OPTIONS", () => {
    const open = routes.filter(({ AuthorizationType }) => AuthorizationType === "JWT");
    expect(open.map(({ RouteKey }) => RouteKey).sort()).toEqual([
      "DELETE /v1/{proxy+}",
      "GET /v1/{proxy+}",
      "POST /v1/{proxy+}",
      "PUT /v1/{proxy+}",
    ]);
    controlPlane.hasResourceProperties("AWS::ApiGatewayV2::Api", {
      CorsConfiguration: Match.objectLike({ AllowOrigins: ["https://console.example.com"] }),
    });
  });

  it("leaves the door for machines as it was", () => {
    const signed = routes.filter(({ AuthorizationType }) => AuthorizationType === "AWS_IAM");
    expect(signed.map(({ RouteKey }) => RouteKey)).toEqual(["ANY /v1/{proxy+}"]);
  });

  it("tells the API how to read claims and roles, and that there are many tenants", () => {
    controlPlane.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "switchyard-dev-api",
      Environment: {
        Variables: Match.objectLike({
          DEFAULT_TENANT: "acme",
          TENANT_CLAIM: "org",
          ROLE_CLAIM: "switchyard_role",
          FAIR_QUEUE: "tenant",
          // Our own runners and workers come first, so that no wider entry raises their role.
          IAM_ROLES: {
            "Fn::Join": [
              "",
              Match.arrayWith([
                Match.stringLikeRegexp("assumed-role/switchyard-dev-runner/\\*,worker=arn:$"),
                Match.stringLikeRegexp(
                  "assumed-role/switchyard-dev-worker-\\*,operator=arn:aws:sts::111122223333:assumed-role/ci/\\*,viewer=\\*$",
                ),
              ]),
            ],
          },
        }),
      },
    });
  });
});

describe("single options", () => {
  it("open health to everybody, on the machines' door and nowhere else", () => {
    const open = Object.values(controlPlane.findResources("AWS::ApiGatewayV2::Route"))
      .map((route) => route.Properties)
      .filter(({ AuthorizationType }) => AuthorizationType === "NONE");
    expect(open.map(({ RouteKey }) => RouteKey)).toEqual(["GET /v1/health"]);
  });

  it("without events the observer has no right to send any", () => {
    const policies = Object.entries(controlPlane.findResources("AWS::IAM::Policy"));
    const senders = policies.filter(([, policy]) =>
      policy.Properties.PolicyDocument.Statement.some(({ Action }: { Action: string | string[] }) =>
        Action.includes("events:PutEvents"),
      ),
    );
    expect(senders.map(([id]) => id.replace(/RoleDefault.*/, "")).sort()).toEqual([
      "Api",
      "TimeIntake",
    ]);
  });

  it("mail the alarms to whoever is named", () => {
    controlPlane.hasResourceProperties("AWS::SNS::Subscription", {
      Protocol: "email",
      Endpoint: "operator@example.com",
    });
  });

  it("keep logs for as long as is said", () => {
    controlPlane.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 3 });
  });
});
