import { describe, expect, it } from "vitest";
import { identityStatements, type Statement } from "../../../infra/rules/policy-statements.ts";
import {
  listOf,
  referredId,
  resourcesOf,
  type Template,
  valueAt,
} from "../../../infra/rules/template.ts";

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
    "dynamodb:ConditionCheckItem",
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "sqs:SendMessage",
    "logs:FilterLogEvents",
  ],
  Dispatch: [
    ...ownLog,
    ...consuming,
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
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
    "dynamodb:PutItem",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "sqs:SendMessage",
  ],
  RunnerExecution: [
    ...ownLog,
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
  ],
  RunnerRights: ["execute-api:Invoke"],
  Timekeeper: [...ownLog, "dynamodb:Query", "sqs:SendMessage"],
  Observe: [
    ...ownLog,
    "dynamodb:GetItem",
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
      expect(writable.sort()).toEqual([
        "Api dynamodb:ConditionCheckItem T#*#I#*",
        "Api dynamodb:DeleteItem T#*#I#* T#*#POOLS T#*#POOL#*",
        "Api dynamodb:PutItem T#*#I#* T#*#TASKS T#*#TASK#* T#*#RULES T#*#POOLS T#*#POOL#* T#*#FUNCTIONS T#*#FUNCTION#* T#*#PAYLOAD#*",
        "Complete dynamodb:PutItem T#*#I#*",
        "Dispatch dynamodb:PutItem T#*#I#*",
        "Observe dynamodb:PutItem T#*#ROLLUP#* T#*#PROFILE#* SYS#FEED#*",
      ]);
    });

    it("let the dispatcher send no hint, so that no chain of messages feeds itself", () => {
      expect(of("Dispatch").flatMap(({ actions }) => actions)).not.toContain("sqs:SendMessage");
    });

    it("let the API send to the dispatch queue alone", () => {
      const targets = allowedTo("Api")
        .filter(({ actions }) => actions.includes("sqs:SendMessage"))
        .flatMap(({ resources }) => resources.map(referredId));
      expect(targets).toEqual([expect.stringMatching(/^DispatchQueue(?!DeadLetters)/)]);
    });
  });

  describePayloadRights(statements);
  describeDispatcher(of("Dispatch"), template);
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
      const names = resourcesOf(template, "AWS::Lambda::Function").map(({ Properties }) =>
        String(Properties.FunctionName),
      );
      expect(names).toHaveLength(5);
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
