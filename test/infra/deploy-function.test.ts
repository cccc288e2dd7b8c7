import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { optionsOf } from "../../infra/config.ts";
import { identityStatements } from "../../infra/rules/policy-statements.ts";
import { listOf, valueAt } from "../../infra/rules/template.ts";
import { environmentSchemas } from "../../shared/contract/env.ts";
import { switchyardApp, synthesise } from "./synthesised.ts";

// The synthesis itself fails when a policy check finds something.
const { app, stacks } = switchyardApp(optionsOf("prod", { deployFunctions: true }));
const { templates } = synthesise(app);
const template = Template.fromStack(stacks.controlPlane);
const statements = identityStatements(templates.ControlPlane ?? {});

describe("a deployment that may deploy functions", () => {
  const own = statements.filter(({ carrier }) => carrier.id.startsWith("DeployRole"));
  const allowing = (action: string) => own.filter(({ actions }) => actions.includes(action));

  it("tells the deployer what its handler parses, and no more", () => {
    const [fn] = Object.values(
      template.findResources("AWS::Lambda::Function", {
        Properties: { FunctionName: "switchyard-prod-deploy" },
      }),
    );
    const known: Readonly<Record<string, string>> = {
      ACCOUNT_ID: "111122223333",
      FUNCTION_ROLE_ARN: "arn:aws:iam::111122223333:role/functions",
      COMPLETION_QUEUE_ARN: "arn:aws:sqs:us-east-1:111122223333:completions",
    };
    const variables = Object.entries(fn?.Properties.Environment.Variables ?? {});
    const resolved = variables.map(([key, value]) => [
      key,
      typeof value === "string" ? value : (known[key] ?? "resolved"),
    ]);
    const parsed = environmentSchemas.deploy.strict().safeParse(Object.fromEntries(resolved));
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it("lets it make functions only with the tag that says who deployed them", () => {
    const [create] = allowing("lambda:CreateFunction");
    expect(create?.conditions).toEqual({
      StringEquals: { "aws:RequestTag/switchyard:managed-by": "switchyard-prod" },
    });
  });

  it("lets it change and remove only functions that carry that tag", () => {
    for (const action of ["lambda:UpdateFunctionCode", "lambda:DeleteFunction"]) {
      const [change, ...others] = allowing(action);
      expect(others).toEqual([]);
      expect(change?.conditions).toEqual({
        StringEquals: { "aws:ResourceTag/switchyard:managed-by": "switchyard-prod" },
      });
      expect(JSON.stringify(change?.resources)).toContain(":function:job-*");
    }
  });

  it("lets it read the packages of versions and delete them, and reach no other payload", () => {
    for (const action of ["s3:GetObject", "s3:DeleteObject"]) {
      const [packages, ...others] = allowing(action);
      expect(others).toEqual([]);
      expect(JSON.stringify(packages?.resources)).toMatch(/"\/P\/\*"/);
    }
    expect(allowing("s3:PutObject")).toEqual([]);
  });

  it("lets it hand over the one role of deployed functions, to Lambda alone", () => {
    const [pass, ...others] = allowing("iam:PassRole");
    expect(others).toEqual([]);
    expect(listOf(pass?.resources)).toEqual([
      { "Fn::GetAtt": [expect.stringMatching(/^DeployedFunctionsRole/), "Arn"] },
    ]);
    expect(valueAt(pass?.conditions, "StringEquals")).toEqual({
      "iam:PassedToService": "lambda.amazonaws.com",
    });
  });

  it("lets deployed functions log and report, and nothing else", () => {
    const actions = statements
      .filter(({ carrier }) => carrier.id.startsWith("DeployedFunctionsRole"))
      .flatMap((statement) => statement.actions);
    expect(actions.toSorted()).toEqual([
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "sqs:SendMessage",
    ]);
  });

  it("lets the API and the timekeeper ask the deployer, by its name alone", () => {
    const asking = statements
      .filter(({ actions }) => actions.includes("lambda:InvokeFunction"))
      .filter(({ resources }) => JSON.stringify(resources).includes("DeployFunction"))
      .map(({ carrier }) => carrier.id.replace(/Role.*/, ""));
    expect(asking.toSorted()).toEqual(["Api", "Timekeeper"]);
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      FunctionName: { Ref: Match.stringLikeRegexp("^DeployFunction") },
      DestinationConfig: { OnFailure: Match.anyValue() },
    });
  });
});
