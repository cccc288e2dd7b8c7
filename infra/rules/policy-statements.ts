import type { NamedResource, Template } from "./template.ts";
import { isObject, listOf, resourcesOf, valueAt } from "./template.ts";

/** One statement of one policy, with the resource that carries it. */
export interface Statement {
  readonly carrier: NamedResource;
  readonly location: readonly string[];
  readonly effect: string;
  readonly actions: readonly string[];
  /** True when the statement says what is not allowed instead of what is. */
  readonly negative: boolean;
  readonly resources: readonly unknown[];
  readonly principal: unknown;
  readonly conditions: Readonly<Record<string, unknown>> | undefined;
}

const identityCarriers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "AWS::IAM::Policy": [["PolicyDocument"]],
  "AWS::IAM::ManagedPolicy": [["PolicyDocument"]],
};

/** Statements that give rights to a role, user or group. */
export function identityStatements(template: Template): readonly Statement[] {
  const own = Object.entries(identityCarriers).flatMap(([type, paths]) =>
    resourcesOf(template, type).flatMap((carrier) =>
      paths.flatMap((path) => statementsAt(carrier, path)),
    ),
  );
  const inline = resourcesOf(
    template,
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
  ).flatMap((carrier) =>
    listOf(carrier.Properties.Policies).flatMap((policy, index) =>
      statementsIn(
        carrier,
        ["Policies", String(index), "PolicyDocument"],
        valueAt(policy, "PolicyDocument"),
      ),
    ),
  );
  return [...own, ...inline];
}

/** Statements that say who may take on a role. */
export function trustStatements(template: Template): readonly Statement[] {
  return resourcesOf(template, "AWS::IAM::Role").flatMap((role) =>
    statementsAt(role, ["AssumeRolePolicyDocument"]),
  );
}

/** Statements on queues, topics, buckets and buses that say who may use them. */
export function resourceStatements(template: Template): readonly Statement[] {
  return resourcesOf(
    template,
    "AWS::SQS::QueuePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::S3::BucketPolicy",
  ).flatMap((policy) => statementsAt(policy, ["PolicyDocument"]));
}

function statementsAt(carrier: NamedResource, path: readonly string[]): readonly Statement[] {
  return statementsIn(carrier, path, valueAt(carrier.Properties, ...path));
}

function statementsIn(
  carrier: NamedResource,
  path: readonly string[],
  document: unknown,
): readonly Statement[] {
  return listOf(valueAt(document, "Statement")).map((statement, index) => {
    const conditions = valueAt(statement, "Condition");
    return {
      carrier,
      location: [...path, "Statement", String(index)],
      effect: String(valueAt(statement, "Effect")),
      actions: listOf(valueAt(statement, "Action")).map(String),
      negative:
        valueAt(statement, "NotAction") !== undefined ||
        valueAt(statement, "NotResource") !== undefined,
      resources: listOf(valueAt(statement, "Resource")),
      principal: valueAt(statement, "Principal"),
      conditions: isObject(conditions) ? conditions : undefined,
    };
  });
}
