import {
  identityStatements,
  resourceStatements,
  type Statement,
  trustStatements,
} from "./policy-statements.ts";
import { at, type Finding, type Rule } from "./rule.ts";
import { listOf, resourcesOf, valueAt } from "./template.ts";

export const wildcardAction: Rule = {
  id: "wildcard-action",
  fault: "A statement allows actions that it does not name.",
  fix: "List the actions; a service adds new ones without asking.",
  check: (template) =>
    [...identityStatements(template), ...resourceStatements(template)]
      .filter(allows)
      .filter(({ actions, negative }) => negative || actions.some((name) => name.includes("*")))
      .map(findingAt),
};

export const unconditionalResource: Rule = {
  id: "unconditional-resource",
  fault: "A statement allows something on every resource there is.",
  fix: "Name the resources, or bind the statement to a condition such as a tag.",
  check: (template) =>
    identityStatements(template)
      .filter(allows)
      .filter(({ resources, conditions }) => resources.includes("*") && conditions === undefined)
      .map(findingAt),
};

export const passRole: Rule = {
  id: "pass-role",
  fault: "A role may be handed to any service.",
  fix: "Add the condition iam:PassedToService.",
  check: (template) =>
    identityStatements(template)
      .filter(allows)
      .filter(({ actions }) =>
        actions.some((name) => ["iam:PassRole", "iam:*", "*"].includes(name)),
      )
      .filter((statement) => !conditionKeys(statement).includes("iam:PassedToService"))
      .map(findingAt),
};

/**
 * Services that act for whoever asks them: without a condition on the account, somebody else's
 * schedule or rule could use our role, our queue or our function.
 */
const sharedServices = [
  "scheduler",
  "events",
  "pipes",
  "sns",
  "s3",
  "cloudwatch",
  "lambda.alarms.cloudwatch",
  "states",
  "apigateway",
].map((name) => `${name}.amazonaws.com`);

export const confusedDeputy: Rule = {
  id: "confused-deputy",
  fault: "A service may use this on behalf of any account.",
  fix: "Add a condition on aws:SourceAccount or aws:SourceArn (SourceArn of a permission).",
  check(template) {
    const statements = [...trustStatements(template), ...resourceStatements(template)]
      .filter(allows)
      .filter(({ principal }) => listOf(valueAt(principal, "Service")).some(isShared))
      .filter((statement) => !conditionKeys(statement).some((key) => key.startsWith("aws:Source")))
      .map(findingAt);
    const permissions = resourcesOf(template, "AWS::Lambda::Permission")
      .filter(({ Properties }) => isShared(Properties.Principal))
      .filter(
        ({ Properties }) =>
          Properties.SourceArn === undefined && Properties.SourceAccount === undefined,
      )
      .map((permission) => at(permission, "SourceArn"));
    return [...statements, ...permissions];
  },
};

function isShared(service: unknown): boolean {
  return typeof service === "string" && sharedServices.includes(service);
}

function allows({ effect }: Statement): boolean {
  return effect === "Allow";
}

function conditionKeys({ conditions }: Statement): readonly string[] {
  return Object.values(conditions ?? {}).flatMap((operands) => Object.keys(operands ?? {}));
}

function findingAt({ carrier, location }: Statement): Finding {
  return at(carrier, ...location);
}
