import { defaultPolicy } from "../../task/allocation-policy.ts";
import type { RuleSetSpec } from "./rule-set.ts";

/**
 * What is in force until somebody sets other rules; version 0. Where a small task also fits an edge
 * site, the edge wins: both rules are of high priority, and it stands first.
 */
export const shippedRules: RuleSetSpec = {
  name: "shipped",
  rules: [
    {
      name: "edge_execution",
      description: "Work that wants its answer soon, beside its data, over a thin line.",
      when: "latency_requirement < 100ms AND data_locality_required = true AND network_bandwidth_requirement < 10Mbps",
      type: "edge",
      priority: "high",
      reason:
        "The answer is wanted soon and beside the data, and little travels over the network, so it runs at the edge.",
    },
    {
      name: "serverless_suitable",
      description: "Short, small, stateless work that somebody or something triggers.",
      when: "execution_time_estimate < 300s AND cpu_requirement < 2_cores AND memory_requirement < 2GB AND stateful = false AND dependencies_count < 5 AND trigger_type IN ['event','http','timer']",
      type: "serverless",
      priority: "high",
      reason: "The task's features meet the requirements of serverless execution.",
    },
    {
      name: "traditional_required",
      description: "Long, large or stateful work, or work with many dependencies.",
      when: "execution_time_estimate > 3600s OR cpu_requirement > 8_cores OR memory_requirement > 16GB OR stateful = true OR dependencies_count > 20",
      type: "traditional",
      priority: "medium",
      reason:
        "The task runs long, is large, keeps state or depends on much, so it needs traditional execution.",
    },
  ],
  policy: defaultPolicy,
};
