import {
  DescribeRuleCommand,
  type DescribeRuleCommandOutput,
  ListRulesCommand,
  ListTagsForResourceCommand,
  ListTargetsByRuleCommand,
  type Rule,
  type Target,
} from "@aws-sdk/client-eventbridge";
import { deployedTags } from "../../../shared/contract/function-tags.ts";
import { TransientError } from "../../../shared/core/errors.ts";
import { canonicalJson } from "../../../shared/core/json.ts";
import {
  desiredRule,
  type MirroredRule,
  recordOfDescription,
  ruleDifferences,
} from "../../../shared/event/mirrored-rule.ts";
import type { Trigger } from "../../../shared/event/trigger.ts";
import type {
  Mirror,
  MirroredItem,
  MirrorOutcome,
  MirrorPage,
} from "../../../shared/ports/mirror.ts";
import { mirrorNameOf, recordOfMirrorName } from "../../../shared/schedule/mirror-name.ts";
import {
  askRules,
  type Bus,
  busNameOf,
  type RuleAt,
  type RuleMirrorOptions,
} from "./rules/rule-control.ts";
import { removeRule, writeRule } from "./rules/write-rule.ts";

export type { RuleMirrorOptions };

const stepsMax = 8;
const pageSize = 100;

/**
 * One rule of EventBridge for each trigger, on our bus or the account's default one, with the intake
 * queue as its only target. Rules bear a tag that says who made them; others are never touched.
 */
export function openRuleMirror(options: RuleMirrorOptions): Mirror<Trigger> {
  return {
    reconcile: (tenant, name, source) => reconcile(options, tenant, name, source),
    page: (cursor) => page(options, cursor),
  };
}

/** A trigger may have moved from one bus to the other: where it is not wanted, it must not be. */
async function reconcile(
  options: RuleMirrorOptions,
  tenant: string,
  name: string,
  source: Trigger | undefined,
): Promise<MirrorOutcome> {
  if (source?.spec.bus === "default" && !options.defaultBus) {
    const rest = await onBus(options, "switchyard", tenant, name, undefined);
    if (rest.outcome === "refused") return rest;
    const reason = "this deployment takes no events of the default bus (option defaultBusTriggers)";
    return { outcome: "refused", reason };
  }
  let result: MirrorOutcome = { outcome: "same" };
  for (const bus of busesOf(options)) {
    const wanted = source?.spec.bus === bus ? source : undefined;
    const outcome = await onBus(options, bus, tenant, name, wanted);
    if (outcome.outcome === "refused") return outcome;
    if (outcome.outcome === "changed" && result.outcome === "same") result = outcome;
  }
  return result;
}

function busesOf({ defaultBus }: RuleMirrorOptions): readonly Bus[] {
  return defaultBus ? ["switchyard", "default"] : ["switchyard"];
}

async function onBus(
  options: RuleMirrorOptions,
  bus: Bus,
  tenant: string,
  name: string,
  source: Trigger | undefined,
): Promise<MirrorOutcome> {
  const wanted = source === undefined ? undefined : desiredRule(source, options.place);
  const at = {
    Name: mirrorNameOf(tenant, name, options.rulePrefix),
    EventBusName: busNameOf(options, bus),
  };
  let reason = "";
  for (let steps = 0; steps < stepsMax; steps++) {
    const found = await askRules(options, "DescribeRule", at.Name, () =>
      options.client.send(new DescribeRuleCommand(at)),
    );
    if (found.said === "no") return { outcome: "refused", reason: found.reason };
    const present = found.said === "yes" ? found.value : undefined;
    if (present !== undefined && !(await isOurs(options, present.Arn))) {
      if (wanted === undefined) return { outcome: "same" };
      return { outcome: "refused", reason: `the rule ${at.Name} was not made by Switchyard` };
    }
    const step = await stepTowards(options, at, wanted, present, { tenant, name });
    if ("outcome" in step) return step;
    reason = step.reason;
  }
  throw new TransientError(`EventBridge kept the rule ${at.Name} busy: ${reason}`);
}

type Step = MirrorOutcome | { readonly reason: string };

async function stepTowards(
  options: RuleMirrorOptions,
  at: RuleAt,
  wanted: MirroredRule | undefined,
  present: DescribeRuleCommandOutput | undefined,
  record: { readonly tenant: string; readonly name: string },
): Promise<Step> {
  if (wanted === undefined && present === undefined) return { outcome: "same" };
  const targets = present === undefined ? [] : await targetsOf(options, at);
  if (targets === undefined) return { reason: "it was gone" };
  if (wanted === undefined) {
    const said = await removeRule(options, at, targets);
    if (said.said === "yes") return { outcome: "changed", what: "deleted", differences: [] };
    return said.said === "no" ? { outcome: "refused", reason: said.reason } : { reason: said.said };
  }
  const differences = differencesOf(wanted, present, targets);
  if (present !== undefined && differences.length === 0) return { outcome: "same" };
  const said = await writeRule(options, at, wanted, targets, record);
  if (said.said === "yes") {
    const what = present === undefined ? "created" : "updated";
    return { outcome: "changed", what, differences: present === undefined ? [] : differences };
  }
  return said.said === "no" ? { outcome: "refused", reason: said.reason } : { reason: said.said };
}

async function isOurs(options: RuleMirrorOptions, arn: string | undefined): Promise<boolean> {
  if (arn === undefined) return false;
  const tags = await askRules(options, "ListTagsForResource", arn, () =>
    options.client.send(new ListTagsForResourceCommand({ ResourceARN: arn })),
  );
  if (tags.said !== "yes") return false;
  return (tags.value.Tags ?? []).some(
    ({ Key, Value }) => Key === deployedTags.managedBy && Value === options.owner,
  );
}

/** Undefined when the rule is not there any more. */
async function targetsOf(
  options: RuleMirrorOptions,
  { Name, EventBusName }: RuleAt,
): Promise<readonly Target[] | undefined> {
  const listed = await askRules(options, "ListTargetsByRule", Name, () =>
    options.client.send(new ListTargetsByRuleCommand({ Rule: Name, EventBusName })),
  );
  if (listed.said === "yes") return listed.value.Targets ?? [];
  return undefined;
}

function differencesOf(
  wanted: MirroredRule,
  present: DescribeRuleCommandOutput | undefined,
  targets: readonly Target[],
): readonly string[] {
  if (present === undefined) return [];
  const target = targets.find(({ Id }) => Id === wanted.targetId);
  const differences = ruleDifferences(wanted, seen(present, target));
  // Whoever added a target to a rule of ours would get our tenants' events.
  return targets.length > 1 ? [...differences, "targets"] : differences;
}

/** What is there, in our words. */
function seen(rule: DescribeRuleCommandOutput, target: Target | undefined): Partial<MirroredRule> {
  const parts = {
    description: rule.Description,
    pattern: canonicalPattern(rule.EventPattern),
    state: rule.State === "ENABLED" || rule.State === "DISABLED" ? rule.State : undefined,
    targetId: target?.Id,
    queueArn: target?.Arn,
    deadLettersArn: target?.DeadLetterConfig?.Arn,
    inputTemplate: target?.InputTransformer?.InputTemplate,
    retriesMax: target?.RetryPolicy?.MaximumRetryAttempts,
    ageSecondsMax: target?.RetryPolicy?.MaximumEventAgeInSeconds,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

function canonicalPattern(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return canonicalJson(JSON.parse(text));
  } catch {
    // Not even JSON: certainly different from ours.
    return text;
  }
}

/** Pages of one bus after the other; the cursor says which. */
async function page(options: RuleMirrorOptions, cursor: string | undefined): Promise<MirrorPage> {
  const buses = busesOf(options);
  const [index = "0", token = ""] = cursor?.split(/:(.*)/s) ?? [];
  const bus = buses[Number(index)] ?? "switchyard";
  const command = new ListRulesCommand({
    EventBusName: busNameOf(options, bus),
    NamePrefix: options.rulePrefix,
    Limit: pageSize,
    ...(token === "" ? {} : { NextToken: token }),
  });
  const listed = await askRules(options, "ListRules", "*", () => options.client.send(command));
  if (listed.said !== "yes") throw new TransientError(`the rules of the bus ${bus} are not listed`);
  const items: MirroredItem[] = [];
  const foreign: string[] = [];
  for (const rule of listed.value.Rules ?? []) {
    const record = recordOf(options, rule);
    if (record === undefined) foreign.push(rule.Name ?? "");
    else items.push(record);
  }
  const next = nextCursor(Number(index), listed.value.NextToken, buses.length);
  return { items, foreign, ...(next === undefined ? {} : { next }) };
}

function recordOf({ rulePrefix }: RuleMirrorOptions, { Name = "", Description }: Rule) {
  return recordOfMirrorName(Name, rulePrefix) ?? recordOfDescription(Description);
}

function nextCursor(index: number, token: string | undefined, buses: number): string | undefined {
  if (token !== undefined && token !== "") return `${index}:${token}`;
  return index + 1 < buses ? `${index + 1}:` : undefined;
}
