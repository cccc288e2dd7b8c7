import { describe, expect, it } from "vitest";
import { compileRuleSet, defaultRuleName } from "../../../shared/routing/rules/compile.ts";
import type { Features } from "../../../shared/routing/rules/rule-set.ts";
import { shippedRules } from "../../../shared/routing/rules/shipped.ts";

const shipped = compileRuleSet(shippedRules, 0);

/** Fits the serverless rule, and nothing else. */
const small: Features = {
  execution_time_estimate: 299,
  cpu_requirement: 1,
  memory_requirement: 1,
  stateful: false,
  dependencies_count: 4,
  trigger_type: "http",
};
/** Fits the edge rule, and nothing else. */
const near: Features = {
  latency_requirement: 99,
  data_locality_required: true,
  network_bandwidth_requirement: 9,
};
/** In the band that the rules leave open. */
const middle: Features = {
  execution_time_estimate: 1_200,
  cpu_requirement: 4,
  memory_requirement: 8,
  stateful: false,
  dependencies_count: 10,
  trigger_type: "event",
};

const serverless = ["serverless_suitable", "serverless", "high"] as const;
const traditional = ["traditional_required", "traditional", "medium"] as const;
const edge = ["edge_execution", "edge", "high"] as const;
const open = [defaultRuleName, "traditional", "medium"] as const;
type Expected = typeof serverless | typeof traditional | typeof edge | typeof open;

/** A threshold at, just below and just above; `below` first, then what holds at it, then above. */
function around(
  name: string,
  base: Features,
  [threshold, step]: readonly [number, number],
  [below, at, above]: readonly [Expected, Expected, Expected],
): readonly (readonly [string, Features, Expected])[] {
  const row = (value: number, expected: Expected) =>
    [`${name} = ${value}`, { ...base, [name]: value }, expected] as const;
  return [row(threshold - step, below), row(threshold, at), row(threshold + step, above)];
}

const rows: readonly (readonly [string, Features, Expected])[] = [
  // serverless_suitable: each bound excludes itself
  ...around("execution_time_estimate", small, [300, 0.001], [serverless, open, open]),
  ...around("cpu_requirement", small, [2, 0.25], [serverless, open, open]),
  ...around("memory_requirement", small, [2, 1 / 1_024], [serverless, open, open]),
  ...around("dependencies_count", small, [5, 1], [serverless, open, open]),
  ["stateful = false", { ...small, stateful: false }, serverless],
  ["stateful = true", { ...small, stateful: true }, traditional],
  ["trigger_type = event", { ...small, trigger_type: "event" }, serverless],
  ["trigger_type = http", { ...small, trigger_type: "http" }, serverless],
  ["trigger_type = timer", { ...small, trigger_type: "timer" }, serverless],
  ["trigger_type = manual", { ...small, trigger_type: "manual" }, open],
  ["trigger_type = HTTP", { ...small, trigger_type: "HTTP" }, open],
  // traditional_required: any one of them is enough
  ...around("execution_time_estimate", middle, [3_600, 0.001], [open, open, traditional]),
  ...around("cpu_requirement", middle, [8, 0.25], [open, open, traditional]),
  ...around("memory_requirement", middle, [16, 1 / 1_024], [open, open, traditional]),
  ...around("dependencies_count", middle, [20, 1], [open, open, traditional]),
  ["stateful = true alone", { stateful: true }, traditional],
  ["a long run alone", { execution_time_estimate: 3_601 }, traditional],
  ["a small stateful task", { ...small, stateful: true }, traditional],
  // edge_execution
  ...around("latency_requirement", near, [100, 0.5], [edge, open, open]),
  ...around("network_bandwidth_requirement", near, [10, 0.5], [edge, open, open]),
  ["data_locality_required = true", { ...near, data_locality_required: true }, edge],
  ["data_locality_required = false", { ...near, data_locality_required: false }, open],
  // where two rules match
  ["small and near", { ...small, ...near }, edge],
  ["small and nearly near", { ...small, ...near, latency_requirement: 100 }, serverless],
  ["long and near", { ...near, execution_time_estimate: 7_200 }, edge],
  [
    "large and nearly near",
    { ...near, memory_requirement: 17, latency_requirement: 100 },
    traditional,
  ],
  // the band from 300 s to 3600 s
  ["300 s", { ...small, execution_time_estimate: 300 }, open],
  ["1200 s", { ...small, execution_time_estimate: 1_200 }, open],
  ["3600 s", { ...small, execution_time_estimate: 3_600 }, open],
  ["everything in the middle", middle, open],
  // what is not known matches nothing
  ["nothing known", {}, open],
  ["small but for an unknown trigger", omit(small, "trigger_type"), open],
  ["small but for an unknown estimate", omit(small, "execution_time_estimate"), open],
  ["near but for an unknown bandwidth", omit(near, "network_bandwidth_requirement"), open],
];

function omit(features: Features, name: string): Features {
  return Object.fromEntries(Object.entries(features).filter(([known]) => known !== name));
}

describe("the shipped rules", () => {
  it.each(rows)("%s", (_, features, [rule, type, priority]) => {
    expect(shipped.classify(features)).toMatchObject({ rule, type, priority });
  });

  it("leave the policy a choice exactly where no rule matched", () => {
    for (const [, features, expected] of rows) {
      expect(shipped.classify(features).open).toBe(expected === open);
    }
  });

  it("say what the sources' rules say, word for word", () => {
    const texts = Object.fromEntries(shippedRules.rules.map(({ name, when }) => [name, when]));
    expect(texts).toEqual({
      serverless_suitable:
        "execution_time_estimate < 300s AND cpu_requirement < 2_cores AND memory_requirement < 2GB " +
        "AND stateful = false AND dependencies_count < 5 AND trigger_type IN ['event','http','timer']",
      traditional_required:
        "execution_time_estimate > 3600s OR cpu_requirement > 8_cores OR memory_requirement > 16GB " +
        "OR stateful = true OR dependencies_count > 20",
      edge_execution:
        "latency_requirement < 100ms AND data_locality_required = true " +
        "AND network_bandwidth_requirement < 10Mbps",
    });
  });
});
