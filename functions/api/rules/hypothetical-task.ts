import { limits } from "../../../shared/core/limits.ts";
import type { BackendCapabilities } from "../../../shared/routing/backend-capabilities.ts";
import { policyText } from "../../../shared/routing/choose.ts";
import { consider } from "../../../shared/routing/consider.ts";
import { reasonOf } from "../../../shared/routing/reasons.ts";
import { decideBy, type RouteFacts } from "../../../shared/routing/route.ts";
import type { Features, FeatureValue, RuleSet } from "../../../shared/routing/rules/rule-set.ts";
import { type TaskNeeds, TaskSpec } from "../../../shared/task/task.ts";

/** A task that could run anywhere, so that only its needs and the rules decide where it does. */
const anywhere = TaskSpec.parse({
  run: {
    function: { module: "task.mjs" },
    package: { function: "task" },
    lambda: { functionArn: "arn:aws:lambda:us-east-1:000000000000:function:task:live" },
    container: { family: "task" },
    command: { argv: ["task"] },
  },
});

export interface HypotheticalRoute {
  readonly backend?: string;
  /** Why that backend, or why none. */
  readonly reason: string;
}

/** Where a task with such features would go among these backends, by these rules. */
export function routeHypothetically(
  features: Features,
  rules: RuleSet,
  backends: readonly BackendCapabilities[],
): HypotheticalRoute {
  const needs = needsOf(features);
  const spec: TaskSpec = { ...anywhere, needs };
  const instance: Pick<RouteFacts["instance"], "timeoutSeconds" | "round" | "attempts"> = {
    timeoutSeconds: Math.min(
      Math.max(anywhere.timeoutSeconds, needs.executionSecondsEstimate ?? 0),
      limits.attemptTimeoutSecondsMax,
    ),
    round: 1,
    attempts: [],
  };
  const inputBytes = numberOf(features.input_bytes) ?? 0;
  const considered = consider({ spec, instance, inputBytes, backends });
  const { choice, classification } = decideBy(rules, { spec, instance }, considered, features);
  const backend = choice.chosen?.backend.name;
  const policy = policyText(rules.policy);
  return {
    ...(backend === undefined ? {} : { backend }),
    reason: reasonOf({ choice, considered, classification, policy, placement: undefined }),
  };
}

const mbPerGb = 1_024;

/** The features again as what a task would say of itself. */
function needsOf(features: Features): TaskNeeds {
  const memoryGb = numberOf(features.memory_requirement);
  const storageGb = numberOf(features.storage_requirement);
  const needs = {
    executionSecondsEstimate: numberOf(features.execution_time_estimate),
    executionSecondsVariance: numberOf(features.execution_time_variance),
    cpuCores: numberOf(features.cpu_requirement),
    memoryMb: memoryGb === undefined ? undefined : Math.ceil(memoryGb * mbPerGb),
    storageMb: storageGb === undefined ? undefined : Math.ceil(storageGb * mbPerGb),
    latencyMs: numberOf(features.latency_requirement),
    dataLocalityRequired: booleanOf(features.data_locality_required),
    networkMbps: numberOf(features.network_bandwidth_requirement),
  };
  const known = Object.entries(needs).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known);
}

function numberOf(value: FeatureValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function booleanOf(value: FeatureValue | undefined): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}
