import { describe, expect, it } from "vitest";
import { readFeatures } from "../../../shared/routing/rules/feature-values.ts";
import type { FeatureValue } from "../../../shared/routing/rules/rule-set.ts";

describe("given features", () => {
  it.each<[string, FeatureValue, FeatureValue]>([
    ["execution_time_estimate", 299, 299],
    ["execution_time_estimate", "299s", 299],
    ["execution_time_estimate", "5m", 300],
    ["execution_time_estimate", "1.1h", 3_960],
    ["execution_time_estimate", "250ms", 0.25],
    ["latency_requirement", 99, 99],
    ["latency_requirement", "1s", 1_000],
    ["cpu_requirement", "1_core", 1],
    ["cpu_requirement", "2_cores", 2],
    ["memory_requirement", "2GB", 2],
    ["memory_requirement", "512MB", 0.5],
    ["network_bandwidth_requirement", "1Gbps", 1_000],
    ["input_bytes", "2KB", 2_048],
    ["dependencies_count", "4", 4],
    ["stateful", true, true],
    ["stateful", "false", false],
    ["trigger_type", "http", "http"],
    ["trigger_type", "'http'", "http"],
    ["tag.team", "'a'", "'a'"],
    ["task", "resize", "resize"],
  ])("%s = %j is %j in the canonical unit", (name, given, expected) => {
    expect(readFeatures({ [name]: given })).toEqual({
      outcome: "done",
      features: { [name]: expected },
    });
  });

  it.each<[string, FeatureValue, string, string | undefined]>([
    ["cpu", 2, "there is no feature cpu", "did you mean cpu_requirement?"],
    ["executionTimeEstimate", 2, "there is no feature", "did you mean execution_time_estimate?"],
    ["tag.", "x", "there is no feature tag.", undefined],
    ["execution_time_estimate", "299", "299 has no unit", "write 299s"],
    ["execution_time_estimate", "299sec", "has no unit sec", "did you mean s?"],
    ["execution_time_estimate", "2GB", "has no unit GB", "use ms, s, m, h, d"],
    ["memory_requirement", "2gb", "has no unit gb", "did you mean GB?"],
    ["execution_time_estimate", "soon", 'not "soon"', "a number (in s)"],
    ["execution_time_estimate", true, "not true", "a number (in s)"],
    ["dependencies_count", -1, "no feature is negative", undefined],
    ["stateful", 1, "true or false, not a number", "give true or false"],
    ["stateful", "yes", 'not the text "yes"', "give true or false"],
    ["trigger_type", 5, "is a text, not 5", 'give "5"'],
  ])("%s = %j is refused with the way out", (name, given, message, suggestion) => {
    const read = readFeatures({ [name]: given });
    const [mistake, ...others] = read.outcome === "refused" ? read.mistakes : [];
    expect(others).toEqual([]);
    expect(mistake).toMatchObject({ feature: name, message: expect.stringContaining(message) });
    if (suggestion !== undefined) expect(mistake?.suggestion).toContain(suggestion);
  });

  it("are all complained about at once", () => {
    const read = readFeatures({ cpu: 1, stateful: 1, task: "x" });
    expect(read.outcome === "refused" && read.mistakes.map(({ feature }) => feature)).toEqual([
      "cpu",
      "stateful",
    ]);
  });
});
