import type { ExecutionType } from "./backend-capabilities.ts";

export const rulePriorities = ["high", "medium", "low"] as const;
export type RulePriority = (typeof rulePriorities)[number];

/** What is expected of one backend; an estimate, never a bill. */
export interface Prediction {
  /** From claim to the first line of user code. */
  readonly waitMs: number;
  readonly runMs: number;
  readonly usd: number;
  /** The chance that the run needs more time than the backend can give, 0 to 1. */
  readonly timeoutRisk: number;
}

/** A backend that was considered, and why it was left out if it was. */
export interface ReceiptCandidate {
  readonly backend: string;
  readonly type: ExecutionType;
  readonly feasible: boolean;
  /** One sentence each; empty when feasible. */
  readonly exclusions: readonly string[];
  /** True when nothing but its being unavailable at the moment excludes it. */
  readonly temporary?: true;
  /** True when it is excluded and what was learned speaks against it, whatever else does. */
  readonly promoted?: true;
  /** What an attempt would get, as people say it; absent where its price does not go by size. */
  readonly size?: string;
  /** Absent where the target does not exist at all. */
  readonly predicted?: Prediction;
}

/** Which of two rule sets decided, where an experiment runs. */
export interface ExperimentArm {
  readonly arm: "control" | "candidate";
  /** Versions of the rules: in force, and tried. */
  readonly control: number;
  readonly candidate: number;
}

/** What rules in shadow would have done. */
export interface ShadowDecision {
  readonly version: number;
  readonly rule: string;
  readonly type: ExecutionType;
  readonly chosen?: string;
}

/** True when it could be chosen but for backends that take nothing at the moment. */
export function waitsForCapacity({ chosen, candidates }: Receipt): boolean {
  return chosen === undefined && candidates.some(({ temporary }) => temporary === true);
}

/** Why an attempt went where it went. Kept with the attempt. */
export interface Receipt {
  readonly decidedAtMs: number;
  /** Which rules decided, so that the decision can be replayed. */
  readonly rules: { readonly name: string; readonly version: number };
  /** The rule that matched. */
  readonly rule: string;
  readonly type: ExecutionType;
  readonly priority: RulePriority;
  /** The allocation policy that chose among what the rule left. */
  readonly policy: string;
  /** Under the rule language's names; only what is known. */
  readonly features: Readonly<Record<string, string | number | boolean>>;
  /** Of the price table. */
  readonly prices: string;
  readonly candidates: readonly ReceiptCandidate[];
  readonly chosen?: string;
  /** How much better the choice was than the next best, in the policy's own measure. */
  readonly margin?: { readonly over: string; readonly usd: number; readonly ms: number };
  /** What the attempt gets, where it differs from what the task says. */
  readonly memoryMb?: number;
  readonly timeoutMs?: number;
  readonly experiment?: ExperimentArm;
  readonly shadow?: ShadowDecision;
  /** For people who did not write the rules. */
  readonly reason: string;
}
