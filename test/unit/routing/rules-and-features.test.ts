import { describe, expect, it } from "vitest";
import { featuresOf } from "../../../shared/routing/features.ts";
import { compileRuleSet } from "../../../shared/routing/rules/compile.ts";
import { featureNamed } from "../../../shared/routing/rules/features.ts";
import { kinds } from "../../../shared/routing/rules/kinds.ts";
import type { TaskNeeds } from "../../../shared/task/task.ts";

const everyNeed = {
  executionSecondsEstimate: 90,
  executionSecondsVariance: 5,
  cpuCores: 1.5,
  memoryMb: 100,
  storageMb: 100,
  executionPattern: "batch",
  stateful: false,
  concurrent: true,
  dependenciesCount: 3,
  externalDependencies: false,
  latencyMs: 250,
  dataLocalityRequired: true,
  networkMbps: 2,
} as const satisfies TaskNeeds;

function featuresWith(needs: TaskNeeds) {
  const instance = { task: "resize", group: "night", tags: { team: "a" } };
  return featuresOf({ spec: { needs }, instance, inputBytes: 2_048, nowMs: 0 });
}

function holds(when: string, needs: TaskNeeds = everyNeed): boolean {
  const rules = [{ name: "asked", when, type: "edge", priority: "high" } as const];
  const spec = { name: "test", rules, policy: { name: "cost-first" } as const };
  return compileRuleSet(spec, 0).classify(featuresWith(needs)).rule === "asked";
}

describe("what routing knows and what rules ask", () => {
  it("have the same names and types", () => {
    for (const [name, value] of Object.entries(featuresWith(everyNeed))) {
      const kind = featureNamed(name)?.kind;
      expect(kind, name).toBeDefined();
      const type = kind === "boolean" ? "boolean" : kind === "text" ? "string" : "number";
      expect(typeof value, `${name} is ${kind === undefined ? "" : kinds[kind].what}`).toBe(type);
    }
  });

  it.each([
    "execution_time_estimate = 90s AND execution_time_estimate = 1.5m",
    "execution_time_variance = 5s",
    "cpu_requirement = 1.5_cores",
    "memory_requirement = 100MB AND memory_requirement <= 100MB",
    "storage_requirement = 100MB AND storage_requirement < 0.1GB",
    "execution_pattern = 'batch' AND task = 'resize' AND group = 'night' AND tag.team = 'a'",
    "stateful = false AND concurrent = true AND external_dependencies = false",
    "dependencies_count = 3",
    "latency_requirement = 250ms AND latency_requirement = 0.25s",
    "data_locality_required = true",
    "network_bandwidth_requirement = 2Mbps AND network_bandwidth_requirement = 2000Kbps",
    "input_bytes = 2KB",
  ])("agree about %s", (when) => expect(holds(when)).toBe(true));

  it.each([1, 31, 100, 511, 1_023, 1_025, 2_047, 767_999])(
    "agree about %i MB to the last digit",
    (memoryMb) => {
      expect(holds(`memory_requirement = ${memoryMb}MB`, { memoryMb })).toBe(true);
      expect(holds(`memory_requirement < ${memoryMb}MB`, { memoryMb })).toBe(false);
      expect(holds(`memory_requirement > ${memoryMb}MB`, { memoryMb })).toBe(false);
    },
  );
});
