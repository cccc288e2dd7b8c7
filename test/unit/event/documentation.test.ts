import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../shared/core/json.ts";
import { compilePattern } from "../../../shared/event/compile-pattern.ts";
import { matchEvent } from "../../../shared/event/match.ts";
import { isPatternErrors } from "../../../shared/event/pattern.ts";

const detail = (fields: JsonObject): JsonObject => ({ detail: fields });

const ec2: JsonObject = {
  version: "0",
  id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
  "detail-type": "EC2 Instance State-change Notification",
  source: "aws.ec2",
  account: "111122223333",
  time: "2017-12-22T18:43:48Z",
  region: "us-west-1",
  resources: ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
  detail: { "instance-id": "i-1234567890abcdef0", state: "terminated" },
};
const launch: JsonObject = {
  ...ec2,
  "detail-type": "EC2 Instance Launch Successful",
  source: "aws.autoscaling",
  resources: [],
  detail: { eventVersion: "", responseElements: null },
};
const macie: JsonObject = {
  ...ec2,
  "detail-type": "Macie Alert",
  source: "aws.macie",
  detail: { tags: ["Custom_Alert", "Insider"], "risk-score": 80, trigger: { risk: 8 } },
};
const groupArn = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:eb56d16b";
const instanceArn = "arn:aws:ec2:us-east-1:123456789012:instance/i-b188560f";
const cloudWatch = (fields: JsonObject): JsonObject => ({ source: "aws.cloudwatch", ...fields });
const call = (source: string, eventName: string): JsonObject => ({
  "detail-type": "AWS API Call via CloudTrail",
  source,
  detail: { eventName },
});

/** What a page shows, the pattern, events that match by what the page says, and events that do not. */
type Example = readonly [string, JsonObject, readonly JsonObject[], readonly JsonObject[]];

const patterns: readonly Example[] = [
  [
    "terminated instances",
    {
      source: ["aws.ec2"],
      "detail-type": ["EC2 Instance State-change Notification"],
      detail: { state: ["terminated"] },
    },
    [ec2],
    [launch, { ...ec2, detail: { state: "running" } }, { ...ec2, source: "AWS.EC2" }],
  ],
  ["one of several sources", { source: ["aws.ec2", "aws.fargate"] }, [ec2], [macie]],
  [
    "a null field",
    {
      source: ["aws.autoscaling"],
      "detail-type": ["EC2 Instance Launch Successful"],
      detail: { responseElements: [null] },
    },
    [launch],
    [
      { ...launch, detail: { responseElements: "" } },
      { ...launch, detail: {} },
    ],
  ],
  [
    "numbers at two depths",
    {
      source: ["aws.macie"],
      "detail-type": ["Macie Alert"],
      detail: { "risk-score": [80], trigger: { risk: [8] } },
    },
    [macie],
    [{ ...macie, detail: { "risk-score": "80", trigger: { risk: 8 } } }],
  ],
  [
    "an empty text, which is not null",
    detail({ eventVersion: [""] }),
    [launch],
    [detail({ eventVersion: null }), detail({})],
  ],
  [
    "null, which is not empty",
    detail({ responseElements: [null] }),
    [launch],
    [detail({ responseElements: "null" })],
  ],
  [
    "a list that shares one value with the event's",
    {
      resources: [
        instanceArn,
        "arn:aws:ec2:us-east-1:111122223333:instance/i-b188560f",
        "arn:aws:ec2:us-east-1:444455556666:instance/i-b188560f",
      ],
    },
    [{ resources: [groupArn, instanceArn] }, { resources: instanceArn }],
    [{ resources: [groupArn] }, { resources: [] }],
  ],
];

const filters: readonly Example[] = [
  ["prefix", { time: [{ prefix: "2017-10-02" }] }, [{ time: "2017-10-02T18:43:48Z" }], [ec2]],
  [
    "prefix in any case",
    detail({ service: [{ prefix: { "equals-ignore-case": "EventB" } }] }),
    [detail({ service: "EVENTBRIDGE" }), detail({ service: "eventbridge" })],
    [detail({ service: "theEventBridge" })],
  ],
  ["suffix", { FileName: [{ suffix: ".png" }] }, [{ FileName: "a.png" }], [{ FileName: "a.PNG" }]],
  [
    "suffix in any case",
    detail({ FileName: [{ suffix: { "equals-ignore-case": ".png" } }] }),
    [detail({ FileName: "a.PNG" }), detail({ FileName: "a.pNg" })],
    [detail({ FileName: "a.png.bak" })],
  ],
  [
    "anything but a text",
    detail({ state: [{ "anything-but": "initializing" }] }),
    [detail({ state: "running" }), detail({ state: 5 }), detail({ state: null })],
    [detail({ state: "initializing" }), detail({})],
  ],
  [
    "anything but a number",
    detail({ "x-limit": [{ "anything-but": 123 }] }),
    [detail({ "x-limit": 124 }), detail({ "x-limit": "123" })],
    [detail({ "x-limit": 123 })],
  ],
  [
    "anything but some texts",
    detail({ state: [{ "anything-but": ["stopped", "overloaded"] }] }),
    [detail({ state: "running" })],
    [detail({ state: "stopped" }), detail({ state: "overloaded" })],
  ],
  [
    "anything but some numbers",
    detail({ "x-limit": [{ "anything-but": [100, 200, 300] }] }),
    [detail({ "x-limit": 150 })],
    [detail({ "x-limit": 200 })],
  ],
  [
    "anything but a text in any case",
    detail({ state: [{ "anything-but": { "equals-ignore-case": "initializing" } }] }),
    [detail({ state: "init" })],
    [detail({ state: "INITIALIZING" })],
  ],
  [
    "anything but some texts in any case",
    detail({ state: [{ "anything-but": { "equals-ignore-case": ["initializing", "stopped"] } }] }),
    [detail({ state: "running" })],
    [detail({ state: "Stopped" })],
  ],
  [
    "anything but a prefix",
    detail({ state: [{ "anything-but": { prefix: "init" } }] }),
    [detail({ state: "reinit" })],
    [detail({ state: "initializing" })],
  ],
  [
    "anything but some prefixes",
    detail({ state: [{ "anything-but": { prefix: ["init", "error"] } }] }),
    [detail({ state: "done" })],
    [detail({ state: "error-5" })],
  ],
  [
    "anything but a suffix",
    detail({ FileName: [{ "anything-but": { suffix: ".txt" } }] }),
    [detail({ FileName: "file.txt.bak" })],
    [detail({ FileName: "file.txt" })],
  ],
  [
    "anything but some suffixes",
    detail({ FileName: [{ "anything-but": { suffix: [".txt", ".rtf"] } }] }),
    [detail({ FileName: "a.doc" })],
    [detail({ FileName: "a.rtf" })],
  ],
  [
    "anything but a wildcard",
    detail({ FilePath: [{ "anything-but": { wildcard: "*/lib/*" } }] }),
    [detail({ FilePath: "/src/a" })],
    [detail({ FilePath: "/src/lib/a" })],
  ],
  [
    "anything but some wildcards",
    detail({ FilePath: [{ "anything-but": { wildcard: ["*/lib/*", "*/bin/*"] } }] }),
    [detail({ FilePath: "/a" })],
    [detail({ FilePath: "/bin/x" })],
  ],
  [
    "numeric ranges",
    detail({
      "c-count": [{ numeric: [">", 0, "<=", 5] }],
      "d-count": [{ numeric: ["<", 10] }],
      "x-limit": [{ numeric: ["=", 3.018e2] }],
    }),
    [detail({ "c-count": 5, "d-count": -3, "x-limit": 301.8 })],
    [
      detail({ "c-count": 0, "d-count": 9, "x-limit": 301.8 }),
      detail({ "c-count": "5", "d-count": 9, "x-limit": 301.8 }),
      detail({ "c-count": 5, "d-count": 9, "x-limit": 301.81 }),
    ],
  ],
  [
    "addresses of IPv4",
    detail({ sourceIPAddress: [{ cidr: "10.0.0.0/24" }] }),
    [detail({ sourceIPAddress: "10.0.0.255" })],
    [detail({ sourceIPAddress: "10.0.1.0" }), detail({ sourceIPAddress: "10.0.0" })],
  ],
  [
    "addresses of IPv6",
    detail({ sourceIPAddress: [{ cidr: "2001:db8::/32" }] }),
    [detail({ sourceIPAddress: "2001:db8:1::5" })],
    [detail({ sourceIPAddress: "2001:db9::1" }), detail({ sourceIPAddress: "10.0.0.1" })],
  ],
  [
    "a field that exists",
    detail({ state: [{ exists: true }] }),
    [ec2, detail({ state: null })],
    [detail({}), detail({ state: {} }), detail({ state: [] })],
  ],
  [
    "a field that does not exist, where objects are no fields",
    detail({ "c-count": [{ exists: false }] }),
    [
      { "detail-type": ["x"], detail: { state: ["initializing", "running"] } },
      detail({ state: ["initializing"], "c-count": { c1: 100 } }),
    ],
    [detail({ "c-count": 3 })],
  ],
  [
    "equals in any case",
    { "detail-type": [{ "equals-ignore-case": "ec2 instance state-change notification" }] },
    [ec2, { "detail-type": "EC2 INSTANCE STATE-CHANGE NOTIFICATION" }],
    [launch],
  ],
  [
    "a wildcard in the middle",
    { EventBusArn: [{ wildcard: "arn:aws:events:us-east-1:*:event-bus/*" }] },
    [{ EventBusArn: "arn:aws:events:us-east-1:123456789012:event-bus/mine" }],
    [{ EventBusArn: "arn:aws:events:us-east-2:123456789012:event-bus/mine" }],
  ],
  [
    "a wildcard over folders",
    { FileName: [{ wildcard: "dir/*.png" }] },
    [{ FileName: "dir/a/b.png" }, { FileName: "dir/.png" }],
    [{ FileName: "dir.png" }, { FileName: "x/dir/a.png" }],
  ],
  [
    "wildcards with escapes",
    { name: [{ wildcard: "\\*\\\\*" }] },
    [{ name: "*\\anything" }],
    [{ name: "x\\anything" }],
  ],
  [
    "several filters together",
    {
      time: [{ prefix: "2017-10-02" }],
      detail: {
        state: [{ "anything-but": "initializing" }],
        "c-count": [{ numeric: [">", 0, "<=", 5] }],
        "d-count": [{ numeric: ["<", 10] }],
        "x-limit": [{ "anything-but": [100, 200, 300] }],
      },
    },
    [
      {
        time: "2017-10-02T18:43:48Z",
        detail: { state: "running", "c-count": 2, "d-count": 1, "x-limit": 150 },
      },
    ],
    [
      {
        time: "2017-10-02T18:43:48Z",
        detail: { state: "running", "c-count": 2, "d-count": 1, "x-limit": 200 },
      },
    ],
  ],
];

const alternatives: readonly Example[] = [
  [
    "$or of three fields",
    detail({
      $or: [
        { "c-count": [{ numeric: [">", 0, "<=", 5] }] },
        { "d-count": [{ numeric: ["<", 10] }] },
        { "x-limit": [{ numeric: ["=", 3.018e2] }] },
      ],
    }),
    [
      detail({ "c-count": 1 }),
      detail({ "d-count": 0, "c-count": 9 }),
      detail({ "x-limit": 301.8 }),
    ],
    [detail({ "c-count": 0, "d-count": 10, "x-limit": 901.8 }), detail({})],
  ],
  [
    "$or beside a field",
    { Location: ["New York"], $or: [{ Day: ["Monday"] }, { Time: [{ prefix: "09" }] }] },
    [
      { Location: "New York", Day: "Monday" },
      { Location: "New York", Time: "09:15" },
    ],
    [{ Day: "Monday" }, { Location: "New York", Day: "Tuesday" }],
  ],
  [
    "$or inside of $or",
    {
      source: ["aws.cloudwatch"],
      $or: [
        { metricName: ["CPUUtilization", "ReadLatency"] },
        {
          metricType: ["MetricType"],
          namespace: ["AWS/EC2", "AWS/ES"],
          $or: [{ metricId: [1234] }, { spaceId: [1000] }],
        },
        { scope: ["Service"] },
      ],
    },
    [
      cloudWatch({ metricName: "ReadLatency" }),
      cloudWatch({ metricType: "MetricType", namespace: "AWS/ES", spaceId: 1000 }),
      cloudWatch({ scope: "Service" }),
    ],
    [
      cloudWatch({ metricType: "MetricType", namespace: "AWS/ES" }),
      cloudWatch({ namespace: "AWS/ES", metricId: 1234 }),
      { scope: "Service" },
    ],
  ],
  [
    "$or at two depths",
    {
      $or: [{ metricName: ["CPUUtilization"] }, { namespace: ["AWS/EC2"] }],
      detail: { $or: [{ source: ["aws.cloudwatch"] }, { kind: ["Alarm"] }] },
    },
    [{ namespace: "AWS/EC2", detail: { kind: "Alarm" } }],
    [{ namespace: "AWS/EC2", detail: { kind: "Other" } }, { detail: { kind: "Alarm" } }],
  ],
  [
    "$or of whole branches, as the best practices advise",
    {
      "detail-type": ["AWS API Call via CloudTrail"],
      $or: [
        { source: ["aws.sqs"], detail: { eventName: ["CreateQueue", "SetQueueAttributes"] } },
        { source: ["aws.kms"], detail: { eventName: ["CreateKey", "DisableKeyRotation"] } },
      ],
    },
    [call("aws.sqs", "CreateQueue"), call("aws.kms", "CreateKey")],
    [call("aws.sqs", "CreateKey"), call("aws.kms", "CreateQueue")],
  ],
  [
    "alternatives of one field, absence among them",
    detail({ S: [{ "anything-but": ["roses"] }, { exists: false }] }),
    [detail({ S: "ABCD" }), detail({ N: "789" }), {}],
    [detail({ S: "roses" })],
  ],
  [
    "alternatives of one field with operators of several kinds",
    detail({ S: ["x", 5, { prefix: "pre" }, { numeric: [">", 100] }] }),
    [detail({ S: "prefix" }), detail({ S: 101 }), detail({ S: 5 })],
    [detail({ S: 6 }), detail({ S: "y" })],
  ],
];

describe.each<[string, readonly Example[]]>([
  ["event patterns, null and lists", patterns],
  ["comparison operators", filters],
  ["$or and best practices", alternatives],
])("the documentation's examples of %s", (_, examples) => {
  it.each(examples)("match as described: %s", (_name, pattern, matching, others) => {
    const compiled = compilePattern(pattern);
    if (isPatternErrors(compiled)) throw new Error(JSON.stringify(compiled.errors));
    for (const event of matching) {
      expect(matchEvent(compiled, event), JSON.stringify(event)).toEqual({ matches: true });
    }
    for (const event of others) {
      expect(matchEvent(compiled, event).matches, JSON.stringify(event)).toBe(false);
    }
  });
});
