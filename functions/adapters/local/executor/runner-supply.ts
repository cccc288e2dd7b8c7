import {
  type ExecutorState,
  type KillReason,
  type Pool,
  type Runner,
  runnerFields,
} from "./executor-state.ts";

/** The pool should have one more process: its first one in turn with other pools, further ones if there is room. */
export function wantRunner(state: ExecutorState, pool: Pool): void {
  const { bounds, runners, waitingPools } = state;
  if (!hasUsableRunner(pool)) {
    waitingPools.add(pool);
    return;
  }
  const mayGrow = !hasRunnerStarting(pool) && pool.runners.size < bounds.runnersPerTaskMax;
  if (mayGrow && waitingPools.size === 0 && runners.size < bounds.runnersMax) state.spawn(pool);
}

/** Gives pools their first process in the order they asked; the longest idle processes make room. */
export function serveWaitingPools(state: ExecutorState): void {
  const { bounds, runners, waitingPools } = state;
  const idle = idleRunners(state);
  let leaving = countLeaving(state);
  for (const pool of waitingPools) {
    if (pool.queued === 0 || hasUsableRunner(pool)) {
      waitingPools.delete(pool);
      continue;
    }
    const room = runners.size < bounds.runnersMax;
    const idleOne = room || leaving > 0 ? undefined : idle.shift();
    if (!room && leaving > 0) {
      leaving -= 1;
    } else if (idleOne !== undefined) {
      dismissRunner(state, idleOne);
    } else if (room || runners.size < bounds.runnersMaxBusy) {
      // Work that can begin at once goes before keeping the bound, up to the higher one.
      waitingPools.delete(pool);
      state.spawn(pool);
    }
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

function idleRunners(state: ExecutorState): Runner[] {
  return [...state.runners].filter(isIdle).sort((a, b) => a.idleSinceMs - b.idleSinceMs);
}

export function isIdle(runner: Runner): boolean {
  return runner.phase === "ready" && runner.live.size === 0 && runner.toSend.length === 0;
}

export function hasUsableRunner(pool: Pool): boolean {
  for (const { phase } of pool.runners) if (phase === "starting" || phase === "ready") return true;
  return false;
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
