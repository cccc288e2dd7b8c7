import { describe, expect, it } from "vitest";
import { identityStatements, type Statement } from "../../../infra/rules/policy-statements.ts";
import {
  listOf,
  referredId,
  resourcesOf,
  type Template,
  valueAt,
} from "../../../infra/rules/template.ts";
import { functionNames } from "../../../shared/contract/env.ts";

const ownLog = ["logs:CreateLogStream", "logs:PutLogEvents"];
const consuming = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/** Everything that each role may do. A change here is a change of what a break-in can reach. */
const allowedActions: Readonly<Record<string, readonly string[]>> = {
  Api: [
    ...ownLog,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:DeleteItem",
    "dynamodb:UpdateItem",
    "dynamodb:ConditionCheckItem",
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "sqs:SendMessage",
    "logs:FilterLogEvents",
    // To say that an event was refused, and nothing else.
    "events:PutEvents",
    // Of the mirror alone.
    "lambda:InvokeFunction",
  ],
  Dispatch: [
    ...ownLog,
    ...consuming,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:ConditionCheckItem",
    "s3:PutObject",
    "s3:GetObject",
    "s3:ListBucket",
    "lambda:InvokeFunction",
    "ecs:RunTask",
    "ecs:DescribeTasks",
    "ecs:StopTask",
    "ecs:ListTasks",
    "iam:PassRole",
  ],
  Complete: [
    ...ownLog,
    ...consuming,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "sqs:SendMessage",
  ],
  TimeIntake: [
    ...ownLog,
    ...consuming,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:ConditionCheckItem",
    "s3:GetObject",
    "s3:ListBucket",
    "sqs:SendMessage",
    "lambda:InvokeFunction",
    "events:PutEvents",
  ],
  TimeMirror: [
    ...ownLog,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "scheduler:GetSchedule",
    "scheduler:CreateSchedule",
    "scheduler:UpdateSchedule",
    "scheduler:DeleteSchedule",
    "scheduler:ListSchedules",
    "iam:PassRole",
    "events:DescribeRule",
    "events:PutRule",
    "events:DeleteRule",
    "events:ListTargetsByRule",
    "events:PutTargets",
    "events:RemoveTargets",
    "events:ListTagsForResource",
    "events:TagResource",
    "events:ListRules",
    "sqs:SendMessage",
  ],
  TimeMirrored: ["sqs:SendMessage"],
  TimeMirrorSweep: ["lambda:InvokeFunction", "sqs:SendMessage"],
  Watch: [
    ...ownLog,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:ConditionCheckItem",
    "sqs:SendMessage",
  ],
  WatchRound: ["lambda:InvokeFunction", "sqs:SendMessage"],
  Canary: [...ownLog, "sqs:SendMessage"],
  RunnerExecution: [
    ...ownLog,
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
  ],
  RunnerRights: ["execute-api:Invoke"],
  Timekeeper: [...ownLog, "dynamodb:Query", "sqs:SendMessage", "lambda:InvokeFunction"],
  Observe: [
    ...ownLog,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "events:PutEvents",
    "sqs:SendMessage",
  ],
  Tick: ["lambda:InvokeFunction", "sqs:SendMessage"],
};

/** Who may write which partitions, one text for each action. */
const writablePartitions = [
  "Api dynamodb:ConditionCheckItem T#*#I#* T#*#LOCK#*",
  "Api dynamodb:DeleteItem T#*#I#* T#*#POOLS T#*#POOL#* T#*#LIMITS T#*#GROUPS T#*#SCHEDULES T#*#CALENDARS T#*#TRIGGERS T#*#WEBHOOKS",
  "Api dynamodb:PutItem T#*#I#* T#*#PAYLOAD#* T#*#GATE#* T#*#LOCK#* T#*#JOINED#* T#*#TASKS T#*#TASK#* T#*#RULES T#*#POOLS T#*#POOL#* T#*#FUNCTIONS T#*#FUNCTION#* T#*#LIMITS T#*#GROUPS T#*#TENANT T#*#SCHEDULES T#*#SLOTS#* T#*#BACKFILLS#* T#*#CALENDARS T#*#TRIGGERS T#*#WEBHOOKS T#*#DELIVERIES#* T#*#FINDINGS SYS#WATCHED",
  "Api dynamodb:UpdateItem T#*#BUDGET#* T#*#QUOTA#*",
  "Complete dynamodb:PutItem T#*#I#* T#*#GATE#*",
  "Complete dynamodb:UpdateItem T#*#BUDGET#*",
  "Dispatch dynamodb:ConditionCheckItem T#*#GATE#*",
  "Dispatch dynamodb:PutItem T#*#I#* T#*#GATE#*",
  "Dispatch dynamodb:UpdateItem T#*#BUDGET#*",
  "Observe dynamodb:PutItem T#*#ROLLUP#* T#*#PROFILE#* SYS#FEED#* T#*#DELIVERIES#*",
  "TimeIntake dynamodb:ConditionCheckItem T#*#LOCK#*",
  "TimeIntake dynamodb:PutItem T#*#I#* T#*#PAYLOAD#* T#*#GATE#* T#*#LOCK#* T#*#JOINED#* T#*#SCHEDULES T#*#SLOTS#* T#*#BACKFILLS#*",
  "TimeIntake dynamodb:UpdateItem T#*#BUDGET#* T#*#QUOTA#*",
  "TimeMirror dynamodb:PutItem T#*#SCHEDULES T#*#TRIGGERS SYS#WATCHED",
  "Watch dynamodb:ConditionCheckItem T#*#LOCK#*",
  "Watch dynamodb:PutItem T#*#I#* T#*#PAYLOAD#* T#*#GATE#* T#*#LOCK#* T#*#JOINED#* T#*#TASKS T#*#TASK#* T#*#FINDINGS SYS#WATCH",
  "Watch dynamodb:UpdateItem T#*#BUDGET#* T#*#QUOTA#*",
];

export function describeLeastPrivilege(templates: Readonly<Record<string, Template>>): void {
  const statements = Object.values(templates).flatMap(identityStatements);
  const template = templates.ControlPlane ?? {};
  const of = (owner: string) => statements.filter((statement) => ownerOf(statement) === owner);
  const allowedTo = (owner: string) => of(owner).filter(({ effect }) => effect === "Allow");

  describe("the rights of the control plane", () => {
    it.each(Object.entries(allowedActions))(
      "%s may do exactly what is listed",
      (owner, actions) => {
        const granted = allowedTo(owner).flatMap((statement) => statement.actions);
        expect([...new Set(granted)].sort()).toEqual([...actions].sort());
      },
    );

    it("belong to no role that is not listed", () => {
      const owners = new Set(statements.map(ownerOf));
      expect([...owners].sort()).toEqual(Object.keys(allowedActions).sort());
    });

    it("name every action", () => {
      const wild = statements.filter(
        ({ effect, actions, negative }) =>
          effect === "Allow" && (negative || actions.some((name) => name.includes("*"))),
      );
      expect(wild).toEqual([]);
    });

    it("come from no managed policy", () => {
      const managed = resourcesOf(template, "AWS::IAM::Role").filter(
        ({ Properties }) => listOf(Properties.ManagedPolicyArns).length > 0,
      );
      expect(managed).toEqual([]);
    });

    it("reach every resource only by actions that take no resource", () => {
      const everywhere = statements.filter(({ resources }) => resources.includes("*"));
      expect(everywhere.flatMap(({ actions }) => actions).toSorted()).toEqual([
        "dynamodb:ListStreams",
        "ecr:GetAuthorizationToken",
        "ecs:ListTasks",
        "events:ListRules",
        "scheduler:ListSchedules",
      ]);
    });

    it("let everyone write only the partitions that are theirs", () => {
      const writing = /^dynamodb:(PutItem|UpdateItem|DeleteItem|ConditionCheckItem)$/;
      const writable = statements
        .filter(({ actions }) => actions.some((name) => writing.test(name)))
        .flatMap((statement) =>
          statement.actions.map((name) => {
            const patterns = valueAt(
              statement.conditions,
              "ForAllValues:StringLike",
              "dynamodb:LeadingKeys",
            );
            expect(valueAt(statement.conditions, "Null", "dynamodb:LeadingKeys")).toBe("false");
            return `${ownerOf(statement)} ${name} ${listOf(patterns).join(" ")}`;
          }),
        );
      expect(writable.sort()).toEqual(writablePartitions);
    });
  });

  describeAsking(of);
  describePayloadRights(statements);
  describeDispatcher(of("Dispatch"), template);
}

function describeAsking(of: (owner: string) => readonly Statement[]): void {
  const targetsOf = (owner: string, action: string) =>
    of(owner)
      .filter(({ effect, actions }) => effect === "Allow" && actions.includes(action))
      .flatMap(({ resources }) => resources.map(referredId));

  describe("whom the control plane may ask", () => {
    it("let the dispatcher send no hint, so that no chain of messages feeds itself", () => {
      expect(of("Dispatch").flatMap(({ actions }) => actions)).not.toContain("sqs:SendMessage");
    });

    it("let the API send hints, and ask the mirror, and no more", () => {
      expect(targetsOf("Api", "sqs:SendMessage")).toEqual([
        expect.stringMatching(/^DispatchQueue(?!DeadLetters)/),
        expect.stringMatching(/^TimeIntakeQueue(?!DeadLetters)/),
      ]);
      expect(targetsOf("Api", "lambda:InvokeFunction")).toEqual([
        expect.stringMatching(/^TimeMirrorFunction/),
      ]);
    });

    it("let what takes in events run nothing, and not feed its own queue", () => {
      expect(targetsOf("TimeIntake", "sqs:SendMessage")).toEqual([
        expect.stringMatching(/^DispatchQueue(?!DeadLetters)/),
      ]);
      expect(targetsOf("TimeIntake", "lambda:InvokeFunction")).toEqual([
        expect.stringMatching(/^TimeMirrorFunction/),
      ]);
    });
  });
}

function describePayloadRights(statements: readonly Statement[]): void {
  describe("the rights to payloads", () => {
    it("let everyone reach only the payloads that are theirs", () => {
      expect(payloadRights(statements).toSorted()).toEqual([
        "Api DeleteObject P/*",
        "Api DeleteObject T/*",
        "Api GetObject P/*",
        "Api GetObject T/*",
        "Api GetObject U/*",
        "Api PutObject P/*",
        "Api PutObject T/*",
        "Api PutObject U/*",
        "Complete DeleteObject T/*",
        "Complete GetObject T/*",
        "Dispatch GetObject T/*",
        "Dispatch PutObject T/*",
        "TimeIntake GetObject T/*",
      ]);
    });
  });
}

function describeDispatcher(statements: readonly Statement[], template: Template): void {
  describe("what the dispatcher may run", () => {
    const call = (name: string, tags: Readonly<Record<string, string>>) =>
      mayInvoke(statements, name, tags);

    it("is a function of the account that its owner tagged, by any alias", () => {
      expect(call("resize-images:live", { "switchyard:invocable": "true" })).toBe(true);
    });

    it("is no function without the tag, or with another value", () => {
      expect(call("resize-images:live", {})).toBe(false);
      expect(call("resize-images:live", { "switchyard:invocable": "false" })).toBe(false);
    });

    it("is no function of the control plane, even one that was tagged by mistake", () => {
      const names = resourcesOf(template, "AWS::Lambda::Function")
        .map(({ Properties }) => String(Properties.FunctionName))
        .filter((name) => name !== "canary-of-switchyard-prod");
      expect(names).toHaveLength(functionNames.length);
      for (const name of names) {
        expect(call(name, { "switchyard:invocable": "true" })).toBe(false);
        expect(call(`${name}:live`, { "switchyard:invocable": "true" })).toBe(false);
      }
    });
  });
}

/** Who may do what with which objects of the bucket, one text for each. */
function payloadRights(statements: readonly Statement[]): readonly string[] {
  return statements.flatMap((statement) =>
    statement.actions
      .filter((action) => /^s3:.*Object/.test(action))
      .flatMap((action) =>
        statement.resources.map((resource) => {
          const keys = /\/([^/"]*\/\*)"/.exec(JSON.stringify(resource))?.[1];
          return `${ownerOf(statement)} ${action.slice("s3:".length)} ${keys ?? "everything"}`;
        }),
      ),
  );
}

/** The construct that a policy's role belongs to: the first part of its logical id. */
function ownerOf({ carrier }: Statement): string {
  const [role] = listOf(carrier.Properties.Roles).map(referredId);
  return /^(.*?)(?:Role|Report)[0-9A-F]{8}$/.exec(role ?? carrier.id)?.[1] ?? carrier.id;
}

/** IAM's decision about one call: some statement allows it and none denies it. */
function mayInvoke(
  statements: readonly Statement[],
  functionName: string,
  tags: Readonly<Record<string, string>>,
): boolean {
  const arn = `arn:aws:lambda:us-east-1:111122223333:function:${functionName}`;
  const applying = statements.filter(
    ({ actions, resources, conditions }) =>
      actions.includes("lambda:InvokeFunction") &&
      resources.some((resource) => arnPattern(resource).test(arn)) &&
      Object.entries(valueAt(conditions, "StringEquals") ?? {}).every(
        ([key, value]) => tags[key.replace("aws:ResourceTag/", "")] === value,
      ),
  );
  const effects = applying.map(({ effect }) => effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

function arnPattern(resource: unknown): RegExp {
  const [, parts] = listOf(valueAt(resource, "Fn::Join"));
  const names: Readonly<Record<string, string>> = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "111122223333",
  };
  const text = listOf(parts)
    .map((part) => (typeof part === "string" ? part : (names[referredId(part) ?? ""] ?? "?")))
    .join("");
  const escaped = text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`);
}
