import { nearestName } from "../../core/nearest-name.ts";
import type { FeatureKind } from "./kinds.ts";

export interface FeatureSpec {
  readonly kind: FeatureKind;
  readonly meaning: string;
  /** Texts that it has, where they are few. */
  readonly values?: readonly string[];
}

/**
 * What rules may ask about. Whoever computes features gives numbers in the canonical unit of the
 * feature's kind (kinds.ts) and leaves out what is not known.
 */
export const featureTable = {
  execution_time_estimate: {
    kind: "duration",
    meaning: "How long one run takes: as the task declares, else as learned from its history.",
  },
  execution_time_variance: {
    kind: "duration",
    meaning: "How far the times of its runs lie apart.",
  },
  cpu_requirement: { kind: "cores", meaning: "Processor cores that a run needs." },
  memory_requirement: { kind: "size", meaning: "Memory that a run needs." },
  storage_requirement: { kind: "size", meaning: "Disk space that a run needs." },
  execution_pattern: {
    kind: "text",
    meaning: "What the work is like.",
    values: ["batch", "stream", "request", "cron"],
  },
  stateful: {
    kind: "boolean",
    meaning: "Whether a run relies on what an earlier one left behind.",
  },
  concurrent: { kind: "boolean", meaning: "Whether runs may overlap." },
  dependencies_count: {
    kind: "number",
    meaning: "How many other tasks or services it depends on.",
  },
  external_dependencies: {
    kind: "boolean",
    meaning: "Whether it depends on anything outside, such as a database or another API.",
  },
  trigger_type: {
    kind: "text",
    meaning: "What submitted it.",
    values: ["event", "http", "timer", "manual"],
  },
  frequency: { kind: "number", meaning: "Submissions of the task per hour." },
  latency_requirement: {
    kind: "latency",
    meaning: "How soon after its submission the answer is wanted.",
  },
  data_locality_required: {
    kind: "boolean",
    meaning: "Whether the data must be worked on where it is.",
  },
  network_bandwidth_requirement: {
    kind: "bandwidth",
    meaning: "Bandwidth that a run needs.",
  },
  input_bytes: { kind: "bytes", meaning: "Size of the submission's input as JSON." },
  task: { kind: "text", meaning: "Name of the task." },
  group: { kind: "text", meaning: "The submission's group." },
} as const satisfies Readonly<Record<string, FeatureSpec>>;

export type FeatureName = keyof typeof featureTable;

export const featureNames = Object.keys(featureTable) as readonly FeatureName[];

/** `tag.team` is the value of the submission's tag "team". */
export const tagPrefix = "tag.";

const tagFeature: FeatureSpec = { kind: "text", meaning: "Value of the submission's tag." };
const tagName = /^tag\.(?!aws:)[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/i;

/** What rules may ask about under this name; undefined when there is no such feature. */
export function featureNamed(name: string): FeatureSpec | undefined {
  if (Object.hasOwn(featureTable, name)) return featureTable[name as FeatureName];
  return name.startsWith(tagPrefix) && tagName.test(name) ? tagFeature : undefined;
}

/** The feature that an unknown name probably stands for. */
export function nearestFeature(name: string): string | undefined {
  const snake = name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
  const near = nearestName(snake, featureNames);
  if (near !== undefined || snake.length < 3) return near;
  return featureNames.find((known) => known.startsWith(snake) || snake.startsWith(known));
}
