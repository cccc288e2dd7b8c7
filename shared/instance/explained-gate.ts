/** What an instance passes on its way to an attempt, in the order in which it is asked. */
export const explainedGateKinds = [
  "start_time",
  "gathering",
  "schedule",
  "pause",
  "backend",
  "slots",
  "rate",
  "budget",
  "approval",
] as const;
export type ExplainedGateKind = (typeof explainedGateKinds)[number];

/** `open` lets it pass, `waiting` is where it waits now, `closed` would hold it if it came there. */
export const explainedGateStates = ["open", "waiting", "closed"] as const;
export type ExplainedGateState = (typeof explainedGateStates)[number];

/** Somebody who could let it go sooner, and how. */
export interface Release {
  /** In words, to follow on "you can". */
  readonly action: string;
  readonly request: string;
  readonly role: "operator" | "admin";
}

/** When it will probably pass, and what that rests on. */
export interface Estimate {
  readonly atMs: number;
  readonly basis: string;
}

export interface GateHolder {
  readonly instanceId: string;
  readonly attemptId: string;
  readonly sinceMs: number;
}

export interface ExplainedGate {
  readonly kind: ExplainedGateKind;
  /** Which one of its kind: `task/report`, `limit/crm`, `group/etl`, `tenant`. */
  readonly gate?: string;
  readonly state: ExplainedGateState;
  /** One sentence. */
  readonly summary: string;
  readonly max?: number;
  readonly held?: number;
  /** Who holds its slots, the longest first; at most `limits.holdersShownMax`. */
  readonly holders?: readonly GateHolder[];
  /** Its place in the line, from 1. */
  readonly position?: number;
  /** The line is longer than was looked at: its place is this or further back. */
  readonly positionIsLeast?: true;
  /** When it opens by itself. */
  readonly opensAtMs?: number;
  readonly estimate?: Estimate;
  readonly releases: readonly Release[];
}

/** A gate before it is known which of those that are shut is the one where it waits. */
export type GateDraft = Omit<ExplainedGate, "state"> & { readonly shut: boolean };

export function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
