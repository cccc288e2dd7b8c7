import { describe, expect, it } from "vitest";
import { ConfigurationError, optionsOf, readOptions } from "../../infra/config.ts";
import { cdkJson } from "./repository.ts";

const read = (context: Record<string, unknown>) => readOptions((key) => context[key]);

function complaintAbout(context: Record<string, unknown>): string {
  try {
    read(context);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const complaintAboutStage = (options: object) =>
  complaintAbout({ stage: "prod", switchyard: { prod: options } });

describe("deployment options", () => {
  it("have safe defaults for everything", () => {
    expect(optionsOf("prod")).toEqual({
      stage: "prod",
      tenant: "default",
      openHealth: false,
      requestsPerSecond: 200,
      requestsBurst: 400,
      concurrency: 10,
      logLevel: "info",
      logRetentionDays: 14,
      fargate: { enabled: true, spot: false, python: false },
      deployFunctions: false,
      pools: [],
      stateEvents: "terminal",
      fairLanes: false,
      defaultBusTriggers: false,
      webhooks: false,
      canary: true,
      protectData: true,
      machineRoles: [{ role: "admin", principal: "*" }],
    });
  });

  it("of cdk.json are valid for every stage that it describes, and protect the default one", () => {
    const { context } = cdkJson;
    const stages = Object.keys(context.switchyard ?? {});
    expect(stages).toContain(context.stage);
    for (const stage of stages) expect(read({ ...context, stage }).stage).toBe(stage);
    expect(read(context).protectData).toBe(true);
  });

  it("refuse a stage that is not described, and say which are", () => {
    expect(complaintAbout({ stage: "prd", switchyard: { prod: {}, dev: {} } })).toBe(
      'context.stage: cdk.json describes no stage "prd"; it describes prod, dev',
    );
  });

  it("refuse to guess what is missing", () => {
    expect(complaintAbout({ switchyard: {} })).toBe("context.stage: is missing");
    expect(complaintAbout({ stage: "prod" })).toBe("context.switchyard: is missing");
  });

  it.each([
    [{ retention: 14 }, 'context.switchyard.prod: Unrecognized key: "retention"'],
    [{ logRetentionDays: 13 }, "context.switchyard.prod.logRetentionDays: Invalid option"],
    [
      { account: "1234" },
      "context.switchyard.prod.account: must be the 12 digits of an AWS account",
    ],
    [
      { region: "Frankfurt" },
      "context.switchyard.prod.region: must be a Region such as eu-central-1",
    ],
    [{ region: "eu-central-1" }, "context.switchyard.prod.region: account and region go together"],
    [{ tenant: "a b" }, "context.switchyard.prod.tenant: must be 1 to 63 letters"],
    [{ concurrency: 1 }, "context.switchyard.prod.concurrency: "],
    [{ alarmEmail: "nobody" }, "context.switchyard.prod.alarmEmail: must be an e-mail address"],
    [
      { people: { issuer: "http://id.example.com", audience: ["a"] } },
      "context.switchyard.prod.people.issuer: must be a URL that starts with https://",
    ],
    [
      { people: { issuer: "https://id.example.com", audience: [] } },
      "context.switchyard.prod.people.audience: ",
    ],
    [
      {
        people: { issuer: "https://id.example.com", audience: ["a"], origins: ["https://x.com/y"] },
      },
      "context.switchyard.prod.people.origins.0: must be an origin",
    ],
    [
      {
        fairLanes: true,
        people: { issuer: "https://id.example.com", audience: ["a"], tenantClaim: "org" },
      },
      "context.switchyard.prod.fairLanes: the queue is fair between tenants",
    ],
    [
      { machineRoles: [{ role: "admin", principal: "arn:aws:iam::1:role/a,b" }] },
      "context.switchyard.prod.machineRoles.0.principal: must be the ARN",
    ],
  ])("say where the mistake is in %j", (options, complaint) => {
    expect(complaintAboutStage(options)).toContain(complaint);
  });

  it("report every mistake at once", () => {
    expect(complaintAboutStage({ logRetentionDays: 13, tenant: "" }).split("\n")).toHaveLength(2);
  });
});
