import {
  type ExecutorState,
  type KillReason,
  type Pool,
  type Runner,
  runnerFields,
} from "./executor-state.ts";

/** Gets the pool a process when it should have one more; otherwise lets it wait its turn. */
export function wantRunner(state: ExecutorState, pool: Pool): void {
  const { bounds, runners, waitingPools } = state;
  const isFirst = pool.runners.size === 0;
  if (!isFirst && (hasRunnerStarting(pool) || pool.runners.size >= bounds.runnersPerTaskMax))
    return;
  if (waitingPools.has(pool)) return;
  if (runners.size < bounds.runnersMax && waitingPools.size === 0) {
    state.spawn(pool);
  } else if (isFirst) {
    // Work that can begin at once goes before keeping the bound: each task with work has a process.
    if (idleRunners(state).length === 0 && runners.size < bounds.runnersMaxBusy) state.spawn(pool);
    else waitingPools.add(pool);
  }
}

/** Makes room for pools that wait, longest idle process first, and gives them what has become free. */
export function serveWaitingPools(state: ExecutorState): void {
  const { bounds, runners, waitingPools } = state;
  for (const pool of waitingPools) {
    if (pool.queued === 0 || pool.runners.size > 0) waitingPools.delete(pool);
    else if (runners.size < bounds.runnersMax) {
      waitingPools.delete(pool);
      state.spawn(pool);
    }
  }
  let leaving = countLeaving(state);
  for (const runner of idleRunners(state)) {
    if (leaving >= waitingPools.size) return;
    leaving += 1;
    endRunner(state, runner, { kind: "not_needed" });
  }
}

/** True while more pools wait for a process than processes are about to leave. */
export function poolsStarve(state: ExecutorState): boolean {
  return state.waitingPools.size > 0 && state.waitingPools.size > countLeaving(state);
}

/** Lets a process go that has nothing to do: what it has registered for its exit still happens. */
export function dismissRunner(state: ExecutorState, runner: Runner): void {
  if (runner.phase === "leaving") return;
  state.log.debug("runner is not needed any more", runnerFields(runner));
  runner.killReason = { kind: "not_needed" };
  leave(state, runner);
  runner.process.finish();
}

/** Ends a process at once. What becomes of its attempts is decided when it has ended. */
export function endRunner(state: ExecutorState, runner: Runner, reason: KillReason): void {
  runner.killReason ??= reason;
  leave(state, runner);
  runner.process.kill();
}

function leave(state: ExecutorState, runner: Runner): void {
  if (runner.phase === "leaving") return;
  runner.phase = "leaving";
  runner.phaseSinceMs = state.clock.now();
  state.lookIn(0);
}

function idleRunners(state: ExecutorState): readonly Runner[] {
  return [...state.runners].filter(isIdle).sort((a, b) => a.idleSinceMs - b.idleSinceMs);
}

export function isIdle(runner: Runner): boolean {
  return runner.phase === "ready" && runner.live.size === 0 && runner.toSend.length === 0;
}

function hasRunnerStarting(pool: Pool): boolean {
  for (const runner of pool.runners) if (runner.phase === "starting") return true;
  return false;
}

function countLeaving(state: ExecutorState): number {
  let leaving = 0;
  for (const runner of state.runners) if (runner.phase === "leaving") leaving += 1;
  return leaving;
}
