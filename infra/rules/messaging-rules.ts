import { at, type Rule } from "./rule.ts";
import {
  listOf,
  type NamedResource,
  referredId,
  resourcesOf,
  type Template,
  valueAt,
} from "./template.ts";

export const scheduleDeadLetters: Rule = {
  id: "schedule-dead-letters",
  fault: "A schedule's undeliverable calls are lost.",
  fix: "Give the schedule's target a dead-letter queue.",
  check: (template) =>
    resourcesOf(template, "AWS::Scheduler::Schedule")
      .filter(({ Properties }) => deadLettersOf(Properties.Target) === undefined)
      .map((schedule) => at(schedule, "Target", "DeadLetterConfig")),
};

export const ruleDeadLetters: Rule = {
  id: "rule-dead-letters",
  fault: "Events that an event rule cannot deliver are lost.",
  fix: "Give every target of the rule a dead-letter queue.",
  check: (template) =>
    resourcesOf(template, "AWS::Events::Rule").flatMap((rule) =>
      listOf(rule.Properties.Targets).flatMap((target, index) =>
        deadLettersOf(target) === undefined
          ? [at(rule, "Targets", String(index), "DeadLetterConfig")]
          : [],
      ),
    ),
};

/** A queue that takes what failed is worth something only if somebody learns of it. */
export const queueAlarm: Rule = {
  id: "queue-alarm",
  fault: "Nobody is told when something lands in a dead-letter queue.",
  fix: "Add the queue's ApproximateNumberOfMessagesVisible to an alarm.",
  check(template) {
    const watched = watchedQueues(template);
    const consumed = new Set(
      resourcesOf(template, "AWS::Lambda::EventSourceMapping").map(({ Properties }) =>
        referredId(Properties.EventSourceArn),
      ),
    );
    const dead = new Set(resourcesOf(template).flatMap(deadLetterReferences).map(referredId));
    return resourcesOf(template, "AWS::SQS::Queue")
      .filter(({ id }) => dead.has(id) && !watched.has(id) && !consumed.has(id))
      .map((queue) => at(queue));
  },
};

function deadLettersOf(target: unknown): unknown {
  return valueAt(target, "DeadLetterConfig", "Arn");
}

/** Everything in a resource that names a queue for what failed. */
function deadLetterReferences({ Type, Properties }: NamedResource): readonly unknown[] {
  switch (Type) {
    case "AWS::SQS::Queue":
      return [valueAt(Properties, "RedrivePolicy", "deadLetterTargetArn")];
    case "AWS::Lambda::Function":
      return [valueAt(Properties, "DeadLetterConfig", "TargetArn")];
    case "AWS::Lambda::EventInvokeConfig":
    case "AWS::Lambda::EventSourceMapping":
      return [valueAt(Properties, "DestinationConfig", "OnFailure", "Destination")];
    case "AWS::Scheduler::Schedule":
      return [deadLettersOf(Properties.Target)];
    case "AWS::Events::Rule":
      return listOf(Properties.Targets).map(deadLettersOf);
    case "AWS::SNS::Subscription":
      return [valueAt(Properties, "RedrivePolicy", "deadLetterTargetArn")];
    default:
      return [];
  }
}

function watchedQueues(template: Template): ReadonlySet<string | undefined> {
  const metrics = resourcesOf(template, "AWS::CloudWatch::Alarm").flatMap(({ Properties }) => [
    Properties,
    ...listOf(Properties.Metrics).map((entry) => valueAt(entry, "MetricStat", "Metric")),
  ]);
  return new Set(
    metrics
      .filter((metric) => valueAt(metric, "MetricName") === "ApproximateNumberOfMessagesVisible")
      .flatMap((metric) => listOf(valueAt(metric, "Dimensions")))
      .filter((dimension) => valueAt(dimension, "Name") === "QueueName")
      .map((dimension) => referredId(valueAt(dimension, "Value"))),
  );
}
