import type { Instance } from "../instance/instance.ts";
import { usEast1RunPrices } from "../pricing/run-prices.ts";
import type { TaskSpec } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import type { Receipt, ReceiptCandidate } from "./receipt.ts";

/** The rule in force: the first feasible backend, in the task's order or else the host's. */
const fixedOrder = { name: "first-feasible", version: 1 } as const;

export interface RouteFacts {
  readonly spec: TaskSpec;
  readonly instance: Pick<Instance, "timeoutSeconds" | "pinnedBackend">;
  readonly inputBytes: number;
  readonly backends: readonly BackendCapabilities[];
  readonly nowMs: number;
}

/** Chooses the backend of an attempt and says why; `chosen` is absent when none is feasible. Pure. */
export function route(facts: RouteFacts): Receipt {
  const candidates = inOrder(facts).map((backend): ReceiptCandidate => {
    const exclusions = exclusionsOf(backend, facts);
    const { name, type } = backend;
    return { backend: name, type, feasible: exclusions.length === 0, exclusions };
  });
  const chosen = candidates.find((candidate) => candidate.feasible)?.backend;
  const { needs } = facts.spec;
  return {
    decidedAtMs: facts.nowMs,
    rules: fixedOrder,
    rule: "default_traditional_rule",
    type: "traditional",
    priority: "medium",
    policy: "first-feasible",
    prices: usEast1RunPrices.version,
    features: {
      timeoutSeconds: facts.instance.timeoutSeconds,
      inputBytes: facts.inputBytes,
      ...(needs.memoryMb === undefined ? {} : { memoryMb: needs.memoryMb }),
      ...(needs.executionSecondsEstimate === undefined
        ? {}
        : { executionSecondsEstimate: needs.executionSecondsEstimate }),
    },
    candidates,
    ...(chosen === undefined ? {} : { chosen }),
    reason: reasonOf(chosen, candidates),
  };
}

function inOrder({ spec, backends }: RouteFacts): readonly BackendCapabilities[] {
  const wanted = spec.backends;
  if (wanted === undefined) return backends;
  const listed = wanted.flatMap((name) => backends.filter((backend) => backend.name === name));
  return [...listed, ...backends.filter((backend) => !wanted.includes(backend.name))];
}

function exclusionsOf(backend: BackendCapabilities, facts: RouteFacts): readonly string[] {
  const { spec, instance, inputBytes } = facts;
  const exclusions: string[] = [];
  if (instance.pinnedBackend !== undefined && instance.pinnedBackend !== backend.name) {
    exclusions.push(`the submission asks for ${instance.pinnedBackend}`);
  }
  if (spec.backends !== undefined && !spec.backends.includes(backend.name)) {
    exclusions.push("the task's list of backends does not name it");
  }
  if (!backend.targets.some((target) => spec.run[target] !== undefined)) {
    exclusions.push(`the task has no run.${backend.targets.join(" or run.")}`);
  }
  if (instance.timeoutSeconds > backend.timeoutSecondsMax) {
    exclusions.push(
      `needs up to ${instance.timeoutSeconds} s, at most ${backend.timeoutSecondsMax} s are possible`,
    );
  }
  if (spec.needs.memoryMb !== undefined && spec.needs.memoryMb > backend.memoryMbMax) {
    exclusions.push(
      `needs ${spec.needs.memoryMb} MB of memory, at most ${backend.memoryMbMax} MB are possible`,
    );
  }
  if (inputBytes > backend.inputBytesMax) {
    exclusions.push(`the input of ${inputBytes} bytes exceeds ${backend.inputBytesMax}`);
  }
  return exclusions;
}

function reasonOf(chosen: string | undefined, candidates: readonly ReceiptCandidate[]): string {
  if (chosen !== undefined) {
    const passed = candidates.findIndex((candidate) => candidate.backend === chosen);
    return passed === 0
      ? `${chosen} is first in order and feasible`
      : `${chosen} is the first feasible backend`;
  }
  if (candidates.length === 0) return "this host has no backends";
  return candidates
    .map((candidate) => `${candidate.backend}: ${candidate.exclusions.join(", ")}`)
    .join("; ");
}
