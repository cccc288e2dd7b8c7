import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { optionsOf } from "../../infra/config.ts";
import { renderIdleReport } from "../../infra/idle/render-report.ts";
import { reportIn } from "../../infra/idle/report-document.ts";
import { idleBillOf, idleUseOf, unknownUses } from "../../infra/idle-cost.ts";
import type { Template } from "../../infra/rules/template.ts";
import { usEast1PriceTable } from "../../shared/pricing/price-table.ts";
import { repository } from "./repository.ts";
import { switchyardApp, synthesise } from "./synthesised.ts";

const { templates } = synthesise(switchyardApp().app);
const uses = idleUseOf(templates);

describe("a deployment that is asked for nothing", () => {
  it("holds no resource whose idle price nobody knows", () => {
    expect(unknownUses(uses)).toEqual([]);
  });

  it("costs less than a dollar a month with AWS's permanent allowances", () => {
    const { totalUsd } = idleBillOf(uses, usEast1PriceTable, "always-free");
    expect(totalUsd).toBeLessThan(1);
  });

  it("costs forty cents more with webhooks, for the secret that signs them", () => {
    const options = optionsOf("prod", { webhooks: true, defaultBusTriggers: true });
    const more = idleUseOf(synthesise(switchyardApp(options).app).templates);
    expect(unknownUses(more)).toEqual([]);
    const usd = (all: typeof uses) => idleBillOf(all, usEast1PriceTable, "always-free").totalUsd;
    expect(usd(more) - usd(uses)).toBeCloseTo(0.4, 2);
  });

  it("costs less than three dollars a month at list price", () => {
    const { totalUsd } = idleBillOf(uses, usEast1PriceTable, "none");
    expect(totalUsd).toBeLessThan(3);
  });

  it("counts what is easily forgotten: pollers, alarms, the clocks with their reads and logs, the canary", () => {
    const bill = idleBillOf(uses, usEast1PriceTable, "none");
    const used = Object.fromEntries(bill.lines.map((line) => [line.unit, line.used]));
    expect(used).toMatchObject({
      "cloudwatch.alarmMetricMonths": 10,
      "cloudwatch.customMetricMonths": 1,
      "scheduler.invocations": 43_800 + 8_760 + 730,
      "eventbridge.events": 8_760,
    });
    expect(used["dynamodb.readUnits"]).toBeGreaterThanOrEqual(43_800 * 4 * 0.5);
    expect(used["sqs.requests"]).toBeGreaterThan(3 * 657_000);
    expect(used["dynamodb.writeUnits"]).toBeGreaterThanOrEqual(8_760 * 9);
    expect(used["logs.gigabytes"]).toBeGreaterThan(0);
    expect(used["dynamodb.pitrGbMonths"]).toBeGreaterThan(0);
  });

  it("is described in docs/idle-cost.md with today's figures", () => {
    const document = readFileSync(join(repository, "docs/idle-cost.md"), "utf8");
    expect(reportIn(document)).toBe(renderIdleReport(uses, usEast1PriceTable));
  });
});

describe("the idle bill notices what is added to a template", () => {
  const centsWith = (Type: string, Properties: Record<string, unknown>): number => {
    const template: Template = { Resources: { Planted: { Type, Properties } } };
    const planted = idleUseOf({ Planted: template });
    expect(unknownUses(planted)).toEqual([]);
    return idleBillOf(planted, usEast1PriceTable, "always-free").totalUsd * 100;
  };

  it.each([
    ["a NAT gateway", "AWS::EC2::NatGateway", {}, 3_285],
    ["a load balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", {}, 1_642.5],
    [
      "an interface endpoint in two zones",
      "AWS::EC2::VPCEndpoint",
      { VpcEndpointType: "Interface", SubnetIds: ["a", "b"] },
      1_460,
    ],
    ["a key", "AWS::KMS::Key", {}, 100],
    ["a secret", "AWS::SecretsManager::Secret", {}, 40],
    ["a composite alarm", "AWS::CloudWatch::CompositeAlarm", {}, 50],
    [
      "provisioned table capacity",
      "AWS::DynamoDB::Table",
      { ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 } },
      284.7,
    ],
  ])("%s", (_, type, properties, cents) => {
    expect(centsWith(type, properties)).toBeCloseTo(cents, 1);
  });

  it("an always-on container service, by its size", () => {
    const template: Template = {
      Resources: {
        Task: { Type: "AWS::ECS::TaskDefinition", Properties: { Cpu: "256", Memory: "512" } },
        Service: {
          Type: "AWS::ECS::Service",
          Properties: { DesiredCount: 1, TaskDefinition: { Ref: "Task" } },
        },
      },
    };
    const { totalUsd } = idleBillOf(idleUseOf({ S: template }), usEast1PriceTable, "always-free");
    expect(totalUsd).toBeCloseTo(730 * (0.25 * 0.0323798 + 0.5 * 0.00356), 4);
  });

  it("provisioned concurrency, by the memory of its function", () => {
    const template: Template = {
      Resources: {
        Fn: { Type: "AWS::Lambda::Function", Properties: { MemorySize: 1_024 } },
        Live: {
          Type: "AWS::Lambda::Alias",
          Properties: {
            FunctionName: { Ref: "Fn" },
            ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 },
          },
        },
      },
    };
    const { totalUsd } = idleBillOf(idleUseOf({ S: template }), usEast1PriceTable, "always-free");
    expect(totalUsd).toBeCloseTo(730 * 3_600 * 3.3334e-6, 4);
  });

  it.each([
    ["a type that no meter knows", "AWS::OpenSearchService::Domain", {}],
    [
      "a schedule whose rate is not worked out",
      "AWS::Scheduler::Schedule",
      { ScheduleExpression: "cron(0 0 * * ? *)" },
    ],
    [
      "a Metrics Insights alarm",
      "AWS::CloudWatch::Alarm",
      { Metrics: [{ Expression: "SELECT MAX(x) FROM y" }] },
    ],
    [
      "provisioned pollers",
      "AWS::Lambda::EventSourceMapping",
      { ProvisionedPollerConfig: { MinimumPollers: 2 } },
    ],
  ])("refuses to guess the price of %s", (_, Type, Properties) => {
    const template: Template = { Resources: { Planted: { Type, Properties } } };
    expect(unknownUses(idleUseOf({ Planted: template }))).toEqual([
      expect.stringContaining("Planted/Planted: "),
    ]);
  });
});
