/** States of an instance; every one that is not terminal has exactly one wake-up time. */
export const instanceStates = [
  "pending",
  "dispatched",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
  "expired",
] as const;
export type InstanceState = (typeof instanceStates)[number];

/** Everything that can be asked of an instance once it exists. */
export const instanceCommands = [
  "hold",
  "amend",
  "claim",
  "confirm",
  "heartbeat",
  "rearm",
  "succeed",
  "fail",
  "lapse",
  "timeOut",
  "cancel",
  "expire",
  "retry",
  "approve",
] as const;
export type InstanceCommandName = (typeof instanceCommands)[number];

/**
 * The machine as data: where each command may lead. A missing cell is a forbidden move.
 * The API's 409s, the console's buttons, the diagram in docs/concepts.md, the auditor and the
 * property tests are all derived from this table; guards (budgets, tokens, times) live in decide.ts.
 */
export const instanceMoves = {
  pending: {
    hold: ["pending"],
    amend: ["pending"],
    rearm: ["pending"],
    approve: ["pending"],
    claim: ["dispatched"],
    cancel: ["cancelled"],
    expire: ["expired"],
    timeOut: ["timed_out"],
    fail: ["failed"],
  },
  dispatched: {
    rearm: ["dispatched"],
    confirm: ["running"],
    succeed: ["succeeded"],
    fail: ["pending", "failed"],
    lapse: ["pending", "failed"],
    timeOut: ["pending", "timed_out"],
    cancel: ["cancelled"],
  },
  running: {
    heartbeat: ["running"],
    rearm: ["running"],
    succeed: ["succeeded"],
    fail: ["pending", "failed"],
    lapse: ["pending", "failed"],
    timeOut: ["pending", "timed_out"],
    cancel: ["cancelled"],
  },
  succeeded: {},
  failed: { retry: ["pending"] },
  cancelled: { retry: ["pending"] },
  timed_out: { retry: ["pending"] },
  expired: { retry: ["pending"] },
} as const satisfies Record<
  InstanceState,
  Partial<Record<InstanceCommandName, readonly InstanceState[]>>
>;

const terminalStates: ReadonlySet<InstanceState> = new Set([
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
  "expired",
]);

export function isTerminal(state: InstanceState): boolean {
  return terminalStates.has(state);
}

/** The states `command` may lead to from `state`; empty when the move is forbidden. */
export function movesFrom(
  state: InstanceState,
  command: InstanceCommandName,
): readonly InstanceState[] {
  const row: Partial<Record<InstanceCommandName, readonly InstanceState[]>> = instanceMoves[state];
  return row[command] ?? [];
}

/** The states in which `command` is allowed, for messages and for enabling buttons. */
export function statesAllowing(command: InstanceCommandName): readonly InstanceState[] {
  return instanceStates.filter((state) => movesFrom(state, command).length > 0);
}
