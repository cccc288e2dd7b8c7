import { at, type Rule } from "./rule.ts";
import { listOf, referredId, resourcesOf, type Template, valueAt } from "./template.ts";

export const urlAuthorization: Rule = {
  id: "url-authorization",
  fault: "A function URL lets anybody call the function.",
  fix: "Set the URL's authType to AWS_IAM.",
  check: (template) =>
    resourcesOf(template, "AWS::Lambda::Url")
      .filter(({ Properties }) => Properties.AuthType !== "AWS_IAM")
      .map((url) => at(url, "AuthType")),
};

export const asyncFailure: Rule = {
  id: "async-failure",
  fault: "A function is called asynchronously, and calls that fail are lost.",
  fix: "Give the function (or the alias that is called) an on-failure destination or a dead-letter queue.",
  check(template) {
    const covered = functionsWithFailureDestination(template);
    return [...asyncTargets(template)].filter((id) => !covered.has(id)).map((id) => at({ id }));
  },
};

/** Called by something in the template that does not wait for an answer. */
function asyncTargets(template: Template): ReadonlySet<string> {
  const functions = new Set(resourcesOf(template, "AWS::Lambda::Function").map(({ id }) => id));
  const targets = [
    ...resourcesOf(template, "AWS::Scheduler::Schedule").map(({ Properties }) =>
      valueAt(Properties, "Target", "Arn"),
    ),
    ...resourcesOf(template, "AWS::Events::Rule").flatMap(({ Properties }) =>
      listOf(Properties.Targets).map((target) => valueAt(target, "Arn")),
    ),
    ...resourcesOf(template, "AWS::SNS::Subscription")
      .filter(({ Properties }) => Properties.Protocol === "lambda")
      .map(({ Properties }) => Properties.Endpoint),
    // Whoever configures asynchronous calls expects some.
    ...resourcesOf(template, "AWS::Lambda::EventInvokeConfig").map(
      ({ Properties }) => Properties.FunctionName,
    ),
  ];
  return new Set(
    targets.map(referredId).filter((id): id is string => id !== undefined && functions.has(id)),
  );
}

function functionsWithFailureDestination(template: Template): ReadonlySet<string | undefined> {
  return new Set([
    ...resourcesOf(template, "AWS::Lambda::Function")
      .filter(({ Properties }) => valueAt(Properties, "DeadLetterConfig", "TargetArn"))
      .map(({ id }) => id),
    ...resourcesOf(template, "AWS::Lambda::EventInvokeConfig")
      .filter(({ Properties }) =>
        valueAt(Properties, "DestinationConfig", "OnFailure", "Destination"),
      )
      .map(({ Properties }) => referredId(Properties.FunctionName)),
  ]);
}
