import { at, type Rule } from "./rule.ts";
import { listOf, resourcesOf, valueAt } from "./template.ts";

/** cdk-nag looks only at tables of the older resource type. */
export const tableProtection: Rule = {
  id: "table-protection",
  fault: "A table has no point-in-time recovery or no deletion protection.",
  fix: "Set pointInTimeRecoverySpecification and deletionProtection.",
  check(template) {
    const global = resourcesOf(template, "AWS::DynamoDB::GlobalTable").flatMap((table) => {
      const replicas = listOf(table.Properties.Replicas);
      const safe = replicas.length > 0 && replicas.every(isProtected);
      return safe ? [] : [at(table, "Replicas")];
    });
    const single = resourcesOf(template, "AWS::DynamoDB::Table")
      .filter((table) => !isProtected(table.Properties))
      .map((table) => at(table));
    return [...global, ...single];
  },
};

function isProtected(settings: unknown): boolean {
  const recovery = valueAt(
    settings,
    "PointInTimeRecoverySpecification",
    "PointInTimeRecoveryEnabled",
  );
  return recovery === true && valueAt(settings, "DeletionProtectionEnabled") === true;
}

export const logRetention: Rule = {
  id: "log-retention",
  fault: "A log is kept for ever.",
  fix: "Give the log group a retention, and the function a log group of its own.",
  check(template) {
    const endless = resourcesOf(template, "AWS::Logs::LogGroup")
      .filter((group) => group.Properties.RetentionInDays === undefined)
      .map((group) => at(group, "RetentionInDays"));
    // Without one, Lambda makes a log group itself at the first call, which never forgets.
    const implicit = resourcesOf(template, "AWS::Lambda::Function")
      .filter((fn) => valueAt(fn.Properties, "LoggingConfig", "LogGroup") === undefined)
      .map((fn) => at(fn, "LoggingConfig"));
    return [...endless, ...implicit];
  },
};
