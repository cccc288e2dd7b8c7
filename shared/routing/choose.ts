import type { Instance } from "../instance/instance.ts";
import type { AllocationPolicy } from "../task/allocation-policy.ts";
import type { TaskSpec } from "../task/task.ts";
import type { Considered } from "./consider.ts";
import { rough } from "./predict.ts";
import type { Prediction, Receipt } from "./receipt.ts";
import type { Classification } from "./rules/rule-set.ts";

export interface ChoiceFacts {
  readonly spec: Pick<TaskSpec, "stickyBackend">;
  readonly instance: Pick<Instance, "round" | "attempts" | "pinnedBackend">;
  readonly considered: readonly Considered[];
  readonly classification: Classification;
  readonly policy: AllocationPolicy;
  /** Why only the price counts now. */
  readonly thrift?: string | undefined;
}

/** How the choice came about; the sentence is made from this. */
export type ChoiceMode =
  | "pinned"
  | "sticky"
  | "rule's backend"
  | "rule's type"
  /** The rule asks for a type that no feasible backend has. */
  | "type not there"
  | "open"
  | "only one"
  /** Only the price counts now. */
  | "cheapest"
  | "none";

export interface Choice {
  readonly mode: ChoiceMode;
  readonly chosen?: Considered;
  /** Absent where the policy had nothing to compare. */
  readonly margin?: Receipt["margin"];
}

/** Chooses among what was weighed: by pin, by stickiness, by the rule's type, by the policy. Pure. */
export function choose(facts: ChoiceFacts): Choice {
  const { instance, considered, classification, policy } = facts;
  const feasible = considered.filter(({ verdict }) => verdict === "feasible");
  const [first] = feasible;
  if (first === undefined) return { mode: "none" };
  if (instance.pinnedBackend !== undefined) return { mode: "pinned", chosen: first };
  const sticky = stickyOf(facts, feasible);
  if (sticky !== undefined) return { mode: "sticky", chosen: sticky };
  if (feasible.length === 1) {
    const missed = !classification.open && first.backend.type !== classification.type;
    return { mode: missed ? "type not there" : "only one", chosen: first };
  }
  if (facts.thrift !== undefined) {
    return { mode: "cheapest", ...best(feasible, { name: "cost-first" }) };
  }
  if (classification.open) return { mode: "open", ...best(feasible, policy) };
  const named = feasible.find(({ backend }) => backend.name === classification.backend);
  if (named !== undefined) return { mode: "rule's backend", chosen: named };
  const ofType = feasible.filter(({ backend }) => backend.type === classification.type);
  if (ofType.length > 0) return { mode: "rule's type", ...best(ofType, policy) };
  return { mode: "type not there", ...best(feasible, policy) };
}

function stickyOf(
  { spec, instance }: ChoiceFacts,
  feasible: readonly Considered[],
): Considered | undefined {
  if (spec.stickyBackend !== true) return undefined;
  const first = instance.attempts.find(({ round }) => round === instance.round);
  if (first === undefined) return undefined;
  return feasible.find(({ backend }) => backend.name === first.backend);
}

const nothing: Prediction = { waitMs: 0, runMs: 0, usd: 0, timeoutRisk: 0 };

/** The first of the best by the policy, and how much better it is than the best of the others. */
function best(
  choices: readonly Considered[],
  policy: AllocationPolicy,
): { readonly chosen?: Considered; readonly margin?: NonNullable<Receipt["margin"]> } {
  const [first, second] = choices.toSorted((left, right) => compare(left, right, policy));
  if (first === undefined || second === undefined) {
    return first === undefined ? {} : { chosen: first };
  }
  const [mine, other] = [first.predicted ?? nothing, second.predicted ?? nothing];
  return {
    chosen: first,
    margin: {
      over: second.backend.name,
      usd: rough(other.usd - mine.usd),
      ms: rough(msOf(other) - msOf(mine)),
    },
  };
}

/** Negative when `left` is better; 0 leaves the order as it is. */
function compare(left: Considered, right: Considered, policy: AllocationPolicy): number {
  const [mine, other] = [left.predicted ?? nothing, right.predicted ?? nothing];
  const usd = mine.usd - other.usd;
  const ms = msOf(mine) - msOf(other);
  switch (policy.name) {
    case "latency-first":
      return ms === 0 ? usd : ms;
    case "cost-first":
      return usd === 0 ? ms : usd;
    case "balanced":
      return usd + (policy.usdPerSecond * ms) / 1_000;
  }
}

/** From the claim to the result. */
function msOf({ waitMs, runMs }: Prediction): number {
  return waitMs + runMs;
}

/** The policy as a receipt names it. */
export function policyText(policy: AllocationPolicy): string {
  return policy.name === "balanced" ? `balanced at $${policy.usdPerSecond}/s` : policy.name;
}
