import {
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type Target,
} from "@aws-sdk/client-eventbridge";
import { deployedTags } from "../../../../shared/contract/function-tags.ts";
import type { MirroredRule } from "../../../../shared/event/mirrored-rule.ts";
import type { Said } from "../ask-aws.ts";
import { askRules, type RuleAt, type RuleMirrorOptions } from "./rule-control.ts";

type Answer = Said<unknown>;

const done: Answer = { said: "yes", value: undefined };

/** Writes the rule, its one target, and takes other targets away. */
export async function writeRule(
  options: RuleMirrorOptions,
  at: RuleAt,
  wanted: MirroredRule,
  targets: readonly Target[],
  { tenant, name }: { readonly tenant: string; readonly name: string },
): Promise<Answer> {
  const rule = new PutRuleCommand({
    ...at,
    Description: wanted.description,
    EventPattern: wanted.pattern,
    State: wanted.state,
    // EventBridge reads them when it makes the rule, and not when it changes one.
    Tags: [
      { Key: deployedTags.managedBy, Value: options.owner },
      { Key: deployedTags.tenant, Value: tenant },
      { Key: triggerTag, Value: name },
    ],
  });
  const written = await askRules(options, "PutRule", at.Name, () => options.client.send(rule));
  if (written.said !== "yes") return written;
  const put = await putTarget(options, at, wanted);
  if (put.said !== "yes") return put;
  const others = targets.filter(({ Id }) => Id !== wanted.targetId);
  return removeTargets(options, at, others);
}

const triggerTag = "switchyard:trigger";

async function putTarget(
  options: RuleMirrorOptions,
  { Name, EventBusName }: RuleAt,
  wanted: MirroredRule,
): Promise<Answer> {
  const command = new PutTargetsCommand({
    Rule: Name,
    EventBusName,
    Targets: [
      {
        Id: wanted.targetId,
        Arn: wanted.queueArn,
        DeadLetterConfig: { Arn: wanted.deadLettersArn },
        RetryPolicy: {
          MaximumRetryAttempts: wanted.retriesMax,
          MaximumEventAgeInSeconds: wanted.ageSecondsMax,
        },
        InputTransformer: { InputTemplate: wanted.inputTemplate },
      },
    ],
  });
  const put = await askRules(options, "PutTargets", Name, () => options.client.send(command));
  return put.said === "yes" ? entriesOf(put.value.FailedEntries) : put;
}

/** A rule goes only when it has no targets. */
export async function removeRule(
  options: RuleMirrorOptions,
  at: RuleAt,
  targets: readonly Target[],
): Promise<Answer> {
  const emptied = await removeTargets(options, at, targets);
  if (emptied.said !== "yes") return emptied;
  const command = new DeleteRuleCommand(at);
  return askRules(options, "DeleteRule", at.Name, () => options.client.send(command));
}

async function removeTargets(
  options: RuleMirrorOptions,
  { Name, EventBusName }: RuleAt,
  targets: readonly Target[],
): Promise<Answer> {
  if (targets.length === 0) return done;
  const Ids = targets.flatMap(({ Id }) => (Id === undefined ? [] : [Id]));
  const command = new RemoveTargetsCommand({ Rule: Name, EventBusName, Ids });
  const removed = await askRules(options, "RemoveTargets", Name, () =>
    options.client.send(command),
  );
  return removed.said === "yes" ? entriesOf(removed.value.FailedEntries) : removed;
}

/** HTTP 200 says nothing about the entries: each has its own answer. */
function entriesOf(
  failed:
    | readonly {
        readonly ErrorCode?: string | undefined;
        readonly ErrorMessage?: string | undefined;
      }[]
    | undefined,
): Answer {
  const [first] = failed ?? [];
  if (first === undefined) return done;
  const passing = first.ErrorCode === "ConcurrentModificationException";
  return {
    said: passing ? "conflict" : "no",
    reason: `${first.ErrorCode}: ${first.ErrorMessage ?? ""}`,
  };
}
