import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRuleMirror } from "../../../functions/adapters/aws/rule-mirror.ts";
import { clientSettings, impatientPace } from "../../handlers/stub/local-clients.ts";
import { type StubServer, startStubServer } from "../platform/stub-server.ts";
import { triggerRecord } from "./records.ts";
import { StubRules } from "./rules-stub.ts";

let events: StubRules;
let server: StubServer;
let client: EventBridgeClient;
const place = {
  queueArn: "arn:aws:sqs:us-east-1:123456789012:intake",
  deadLettersArn: "arn:aws:sqs:us-east-1:123456789012:intake-dead",
};
const open = (defaultBus = true) =>
  openRuleMirror({
    client,
    busName: "switchyard-test",
    defaultBus,
    rulePrefix: "switchyard-test.",
    owner: "switchyard-test",
    place,
    pace: impatientPace(),
  });

beforeEach(async () => {
  events = new StubRules();
  server = await startStubServer((request) => events.answer(request));
  client = new EventBridgeClient(clientSettings(server.endpoint));
});
afterEach(async () => {
  client.destroy();
  await server.close();
});

const ours = "switchyard-test/switchyard-test.acme.uploads";
const onDefault = "default/switchyard-test.acme.uploads";
const reconcile = (...record: Parameters<typeof triggerRecord>) =>
  open().reconcile("acme", "uploads", triggerRecord(...record));

describe("a rule of EventBridge", () => {
  it("is made with its pattern, its one target and a tag that says whose it is", async () => {
    expect(await reconcile()).toMatchObject({ outcome: "changed", what: "created" });
    const rule = events.rules.get(ours);
    expect(rule).toMatchObject({
      State: "ENABLED",
      EventPattern: '{"source":["shop"]}',
      Tags: expect.arrayContaining([{ Key: "switchyard:managed-by", Value: "switchyard-test" }]),
    });
    expect([...(rule?.targets.values() ?? [])]).toEqual([
      {
        Id: "intake",
        Arn: place.queueArn,
        DeadLetterConfig: { Arn: place.deadLettersArn },
        RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
        InputTransformer: {
          InputTemplate:
            '{"kind":"event","tenant":"acme","trigger":"uploads","event":<aws.events.event.json>}',
        },
      },
    ]);
  });

  it("is left alone when it is as it should be, however its pattern is spelled", async () => {
    await reconcile({ pattern: { source: ["shop"], detail: { size: [{ numeric: [">", 1] }] } } });
    events.changes.length = 0;
    const spelled = { detail: { size: [{ numeric: [">", 1.0] }] }, source: ["shop"] };
    expect(await reconcile({ pattern: spelled })).toEqual({ outcome: "same" });
    expect(events.changes).toEqual([]);
  });

  it.each([
    ["the pattern", { pattern: { source: ["store"] } }, {}, ["pattern"]],
    ["a pause", {}, { paused: { atMs: 1, by: "me" } }, ["state"]],
  ])("follows a change of %s", async (_, spec, more, differences) => {
    await reconcile();
    expect(await reconcile(spec, more)).toEqual({
      outcome: "changed",
      what: "updated",
      differences,
    });
    expect(await reconcile(spec, more)).toEqual({ outcome: "same" });
  });

  it("moves from one bus to the other with its record", async () => {
    await reconcile();
    await reconcile({ bus: "default" });
    expect([...events.rules.keys()]).toEqual([onDefault]);
    await reconcile();
    expect([...events.rules.keys()]).toEqual([ours]);
  });

  it("is refused on the default bus where the deployment does not listen there", async () => {
    const outcome = await open(false).reconcile(
      "acme",
      "uploads",
      triggerRecord({ bus: "default" }),
    );
    expect(outcome).toEqual({
      outcome: "refused",
      reason: expect.stringContaining("defaultBusTriggers"),
    });
    expect(events.rules.size).toBe(0);
  });

  it("is taken away with its targets when its record is gone", async () => {
    await reconcile();
    const gone = () => open().reconcile("acme", "uploads", undefined);
    expect(await gone()).toMatchObject({ outcome: "changed", what: "deleted" });
    expect(await gone()).toEqual({ outcome: "same" });
    expect(events.rules.size).toBe(0);
  });

  it("loses a target that somebody added, who would get all its events", async () => {
    await reconcile();
    events.rules.get(ours)?.targets.set("spy", { Id: "spy", Arn: "arn:aws:sqs:::spy" });
    expect(await reconcile()).toMatchObject({ what: "updated", differences: ["targets"] });
    expect([...(events.rules.get(ours)?.targets.keys() ?? [])]).toEqual(["intake"]);
  });
});

describe("a rule of somebody else under our name", () => {
  it("is neither changed nor taken away", async () => {
    await reconcile();
    const rule = events.rules.get(ours);
    if (rule !== undefined) rule.Tags = [{ Key: "team", Value: "shop" }];
    events.changes.length = 0;
    expect(await reconcile({ pattern: { source: ["store"] } })).toEqual({
      outcome: "refused",
      reason: expect.stringContaining("not made by Switchyard"),
    });
    expect(await open().reconcile("acme", "uploads", undefined)).toEqual({ outcome: "same" });
    expect(events.changes).toEqual([]);
  });
});

describe("requests to EventBridge that go wrong", () => {
  it.each([
    ["a lost answer", { kind: "apply-then-cut" } as const],
    ["a cut connection", { kind: "cut" } as const],
  ])("leave one rule with its target, once each request had %s", async (_, fault) => {
    for (let at = 0; at < 6; at++) {
      await open().reconcile("acme", "uploads", undefined);
      server.requests = 0;
      server.fault = (index) => (index === at ? fault : undefined);
      await reconcile();
      server.fault = undefined;
      expect(await reconcile()).toEqual({ outcome: "same" });
      expect([...(events.rules.get(ours)?.targets.keys() ?? [])]).toEqual(["intake"]);
    }
  });

  it("try a target again that was refused in passing, though the answer was 200", async () => {
    events.refuseNextTarget = "ConcurrentModificationException";
    expect(await reconcile()).toMatchObject({ outcome: "changed" });
    expect(events.rules.get(ours)?.targets.size).toBe(1);
  });

  it("say so when a target is refused for good", async () => {
    events.refuseNextTarget = "AccessDeniedException";
    expect(await reconcile()).toEqual({
      outcome: "refused",
      reason: expect.stringContaining("AccessDeniedException"),
    });
  });
});

describe("the list of rules", () => {
  it("names the records of both buses, shortened names included, and nobody else's", async () => {
    const long = "n".repeat(60);
    await reconcile();
    await open().reconcile("acme", long, triggerRecord({ bus: "default" }, { name: long }));
    events.answer({
      method: "POST",
      path: "/",
      headers: { "x-amz-target": "AWSEvents.PutRule" },
      body: Buffer.from('{"Name":"theirs","EventBusName":"default"}'),
    });
    const first = await open().page(undefined);
    const second = await open().page(first.next);
    expect(first.items).toEqual([{ tenant: "acme", name: "uploads" }]);
    expect(second).toEqual({ items: [{ tenant: "acme", name: long }], foreign: [] });
  });
});
