import type { Instance } from "../instance/instance.ts";
import { usEast1RunPrices } from "../pricing/run-prices.ts";
import type { TaskSpec } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { type Choice, choose, policyText } from "./choose.ts";
import { type Considered, candidateOf, consider } from "./consider.ts";
import { rulesFor } from "./experiment.ts";
import { type Confinement, placementOf } from "./feasible.ts";
import { decidingFeaturesOf, featuresOf } from "./features.ts";
import type { TaskProfile } from "./profile.ts";
import { reasonOf } from "./reasons.ts";
import type { Receipt, ShadowDecision } from "./receipt.ts";
import type { Classification, Features, RuleSet, RulesInForce } from "./rules/rule-set.ts";

export interface RouteFacts {
  readonly spec: TaskSpec;
  readonly instance: Pick<
    Instance,
    | "id"
    | "task"
    | "group"
    | "tags"
    | "trigger"
    | "timeoutSeconds"
    | "pinnedBackend"
    | "round"
    | "attempts"
    | "inputRef"
  >;
  readonly inputBytes: number;
  /** In the host's order of preference. */
  readonly backends: readonly BackendCapabilities[];
  readonly rules: RulesInForce;
  /** Absent while nothing was learned about the task. */
  readonly profile?: TaskProfile | undefined;
  /** The instance's group, where that may not use all backends. */
  readonly confinement?: Confinement | undefined;
  /** Why only the price counts now, whatever rules and policy say; absent where they decide. */
  readonly thrift?: string | undefined;
  readonly nowMs: number;
}

/** What one set of rules decides about what was weighed. */
export interface RuleDecision {
  readonly classification: Classification;
  readonly choice: Choice;
}

/** The rule that a receipt names where what was learned overrides the rules. */
const promotedRule = "promoted";

/**
 * Chooses the backend of an attempt and says why; `chosen` is absent when there is none. Pure: the
 * same facts give the same receipt, so that every decision can be replayed.
 */
export function route(facts: RouteFacts): Receipt {
  const { instance, spec, nowMs } = facts;
  const considered = consider(facts);
  const features = featuresOf(facts);
  const { rules, arm } = rulesFor(facts.rules, instance.id);
  const { classification, choice } = decideBy(rules, facts, considered, features);
  const policy = policyText(spec.policy ?? rules.policy);
  const { chosen, margin } = choice;
  const { shadow } = facts.rules;
  return {
    decidedAtMs: nowMs,
    rules: { name: rules.name, version: rules.version },
    rule: classification.rule,
    type: classification.type,
    priority: classification.priority,
    policy,
    prices: usEast1RunPrices.version,
    features: decidingFeaturesOf(facts),
    candidates: considered.map(candidateOf),
    ...(chosen === undefined ? {} : { chosen: chosen.backend.name }),
    ...(margin === undefined ? {} : { margin }),
    ...grantOf(chosen, facts),
    ...(arm === undefined ? {} : { experiment: arm }),
    ...(shadow === undefined ? {} : { shadow: shadowOf(shadow, facts, considered, features) }),
    reason: reasonOf({
      choice,
      considered,
      classification,
      policy,
      placement: placementOf(facts),
      thrift: facts.thrift,
    }),
  };
}

/** What a set of rules makes of what was weighed; the rest of a receipt does not depend on them. */
export function decideBy(
  rules: RuleSet,
  {
    spec,
    instance,
    thrift,
  }: {
    readonly spec: Pick<TaskSpec, "policy" | "stickyBackend">;
    readonly instance: Pick<Instance, "round" | "attempts" | "pinnedBackend">;
    readonly thrift?: string | undefined;
  },
  considered: readonly Considered[],
  features: Features,
): RuleDecision {
  const ruled = rules.classify(features);
  const policy = spec.policy ?? rules.policy;
  const chosenBy = (classification: Classification): Choice =>
    choose({ spec, instance, considered, classification, policy, thrift });
  const choice = chosenBy(ruled);
  const { chosen } = choice;
  if (chosen === undefined || !isPromoted(considered, ruled))
    return { classification: ruled, choice };
  const classification: Classification = {
    ...ruled,
    rule: promotedRule,
    type: chosen.backend.type,
    open: true,
  };
  return { classification, choice: chosenBy(classification) };
}

/** True when what was learned set aside a backend that the rule would have allowed. */
function isPromoted(considered: readonly Considered[], { type, open }: Classification): boolean {
  return considered.some(
    ({ verdict, misgivings, backend }) =>
      verdict === "excluded" &&
      misgivings.some(({ kind }) => kind === "promoted") &&
      (open || backend.type === type),
  );
}

function shadowOf(
  rules: RuleSet,
  facts: RouteFacts,
  considered: readonly Considered[],
  features: Features,
): ShadowDecision {
  const { classification, choice } = decideBy(rules, facts, considered, features);
  const { rule, type } = classification;
  const chosen = choice.chosen?.backend.name;
  return { version: rules.version, rule, type, ...(chosen === undefined ? {} : { chosen }) };
}

/** What the attempt gets, where that is not what the task says. */
function grantOf(
  chosen: Considered | undefined,
  { spec, instance }: RouteFacts,
): Pick<Receipt, "memoryMb" | "timeoutMs"> {
  if (chosen === undefined) return {};
  const { backend, size, timeoutMs } = chosen;
  const usualMb = spec.needs.memoryMb ?? backend.memoryMbDefault;
  return {
    ...(backend.sizeIsPerAttempt && size.memoryMb !== usualMb ? { memoryMb: size.memoryMb } : {}),
    ...(timeoutMs < instance.timeoutSeconds * 1_000 ? { timeoutMs } : {}),
  };
}
