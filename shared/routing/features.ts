import type { Instance } from "../instance/instance.ts";
import type { TaskNeeds, TaskSpec } from "../task/task.ts";
import { digestOfAll } from "./learned-sketch.ts";
import { sizeBucketOf, type TaskProfile } from "./profile.ts";
import type { Features, FeatureValue } from "./rules/rule-set.ts";
import { runsOfSize } from "./run-times.ts";
import { routingTuning } from "./tuning.ts";

export interface FeatureFacts {
  readonly spec: Pick<TaskSpec, "needs">;
  readonly instance: Pick<Instance, "task" | "group" | "tags" | "trigger">;
  readonly inputBytes: number;
  readonly profile?: TaskProfile | undefined;
  readonly nowMs: number;
}

const mbPerGb = 1_024;
const hourMs = 3_600_000;

/**
 * What rules may ask about a submission, under the rule language's names and in its canonical units
 * (seconds, cores, GB, ms, Mbps, bytes). What is not known is left out, and so matches nothing.
 */
export function featuresOf(facts: FeatureFacts): Features {
  const { instance } = facts;
  const features: Record<string, FeatureValue> = {
    ...decidingFeaturesOf(facts),
    task: instance.task,
  };
  if (instance.group !== undefined) features.group = instance.group;
  if (instance.tags !== undefined) {
    for (const [tag, value] of Object.entries(instance.tags)) features[`tag.${tag}`] = value;
  }
  return features;
}

/** The features that a receipt keeps: those that its instance does not say itself. */
export function decidingFeaturesOf({
  spec,
  instance,
  inputBytes,
  profile,
  nowMs,
}: FeatureFacts): Features {
  const { needs } = spec;
  const features: Record<string, FeatureValue> = {};
  const know = (name: string, value: FeatureValue | undefined): void => {
    if (value !== undefined) features[name] = value;
  };
  const runs = profile === undefined ? undefined : runsOfSize(profile, sizeBucketOf(inputBytes));
  const estimate = needs.executionSecondsEstimate;
  know("execution_time_estimate", estimate ?? inSeconds(runs?.quantile(0.95)));
  know("execution_time_variance", needs.executionSecondsVariance ?? inSeconds(runs?.spread));
  know("cpu_requirement", needs.cpuCores);
  know("memory_requirement", inGb(memoryMbOf(needs, profile)));
  know("storage_requirement", inGb(needs.storageMb));
  know("execution_pattern", needs.executionPattern);
  know("stateful", needs.stateful);
  know("concurrent", needs.concurrent);
  know("dependencies_count", needs.dependenciesCount);
  know("external_dependencies", needs.externalDependencies);
  know("trigger_type", instance.trigger ?? "http");
  know("frequency", submissionsPerHour(profile, nowMs));
  know("latency_requirement", needs.latencyMs);
  know("data_locality_required", needs.dataLocalityRequired);
  know("network_bandwidth_requirement", needs.networkMbps);
  know("input_bytes", inputBytes);
  return features;
}

/** Declared, else as measured; never less than what it once ran out of. */
function memoryMbOf(needs: TaskNeeds, profile: TaskProfile | undefined): number | undefined {
  const known = needs.memoryMb ?? learnedMemoryMb(profile);
  const floorMb = profile?.memoryMbFloor;
  if (floorMb === undefined) return known;
  return Math.max(known ?? 0, floorMb);
}

const learnedMemory = new WeakMap<TaskProfile, { readonly mb: number | undefined }>();

function learnedMemoryMb(profile: TaskProfile | undefined): number | undefined {
  if (profile === undefined) return undefined;
  let known = learnedMemory.get(profile);
  if (known === undefined) {
    const sketches = Object.values(profile.learned).flatMap((buckets) =>
      Object.values(buckets).map(({ memoryMb }) => memoryMb),
    );
    const digest = digestOfAll(sketches);
    const enough = digest !== undefined && digest.count >= routingTuning.enoughRuns;
    known = { mb: enough ? Math.ceil(digest.quantile(0.95)) : undefined };
    learnedMemory.set(profile, known);
  }
  return known.mb;
}

/** Submissions in an hour: of the present one, and as much of the last as is missing from it. */
export function submissionsPerHour(
  profile: TaskProfile | undefined,
  nowMs: number,
): number | undefined {
  if (profile === undefined) return undefined;
  const hour = Math.floor(nowMs / hourMs);
  const passed = (nowMs - hour * hourMs) / hourMs;
  const present = profile.hourly[String(hour)] ?? 0;
  const before = profile.hourly[String(hour - 1)] ?? 0;
  return Math.round(present + before * (1 - passed));
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms) / 1_000;
}

/** Not rounded: dividing by 1,024 is exact, so that a rule's 100MB equals a task's 100 MB. */
function inGb(mb: number | undefined): number | undefined {
  return mb === undefined ? undefined : mb / mbPerGb;
}
