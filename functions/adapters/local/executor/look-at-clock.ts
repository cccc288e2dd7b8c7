import type { AbortOrder, PingOrder } from "../../../runner/protocol.ts";
import { expireQueued } from "./assign.ts";
import type { ExecutorState, LocalAttempt, Runner } from "./executor-state.ts";
import { forget, identity, reportFailure } from "./final-reports.ts";
import { residentMb } from "./resident-memory.ts";
import { dismissRunner, endRunner, isIdle } from "./runner-supply.ts";

const memoryCheckMs = 50;
const queueCheckMs = 200;
const leaveMsMax = 1_000;

/**
 * Everything that happens because time has passed, for all attempts and processes in one go: starts
 * to report, deadlines, blocked or overgrown processes, processes without work. Answers after how
 * many milliseconds to look again; undefined when there is nothing to wait for.
 */
export function lookAtClock(state: ExecutorState): number | undefined {
  const nowMs = state.clock.now();
  let nextMs = Infinity;
  for (const runner of state.runners) {
    nextMs = Math.min(nextMs, lookAtRunner(state, runner, nowMs));
  }
  if (state.queued > 0) {
    if (nowMs - state.queueCheckedAtMs >= queueCheckMs) {
      state.queueCheckedAtMs = nowMs;
      for (const attempt of state.attempts.values()) {
        if (attempt.place === "queued") expireQueued(state, attempt, nowMs);
      }
    }
    for (const pool of state.pools.values()) if (pool.queued > 0) state.wake(pool);
    nextMs = Math.min(nextMs, state.bounds.backlogMsMax);
  }
  return nextMs === Infinity ? undefined : Math.max(1, nextMs);
}

function lookAtRunner(state: ExecutorState, runner: Runner, nowMs: number): number {
  const { bounds } = state;
  switch (runner.phase) {
    case "leaving":
      if (nowMs - runner.phaseSinceMs > leaveMsMax) runner.process.kill();
      return leaveMsMax;
    case "starting":
      if (
        nowMs - runner.phaseSinceMs >
        bounds[runner.said === "nothing" ? "startMsMax" : "loadMsMax"]
      ) {
        endRunner(state, runner, { kind: "loading_too_long" });
      }
      return memoryCheckMs;
    case "retiring":
      if (
        runner.live.size === 0 &&
        runner.toSend.length === 0 &&
        !mayFinish(state, runner, nowMs)
      ) {
        dismissRunner(state, runner);
      }
      break;
    default:
  }
  if (runner.live.size === 0) {
    const idleMs = lookAtIdleRunner(state, runner, nowMs);
    if (runner.strays.size === 0) return idleMs;
  }
  let nextMs = memoryCheckMs;
  for (const attempt of runner.live.values()) {
    nextMs = Math.min(nextMs, lookAtAttempt(state, runner, attempt, nowMs));
  }
  checkMemory(state, runner);
  checkAnswer(state, runner, nowMs);
  retireCrowded(state, runner, nowMs);
  return nextMs;
}

/** True while aborted code is given time to put things away. */
function mayFinish({ bounds }: ExecutorState, runner: Runner, nowMs: number): boolean {
  return runner.strays.size > 0 && nowMs - runner.straySinceMs < bounds.abortGraceMs;
}

function lookAtIdleRunner(state: ExecutorState, runner: Runner, nowMs: number): number {
  const { bounds, runners } = state;
  const tooMany = runners.size > bounds.runnersMax;
  const leftMs = runner.idleSinceMs + bounds.idleExitMs - nowMs;
  if (isIdle(runner) && (leftMs <= 0 || tooMany)) dismissRunner(state, runner);
  return Math.max(leftMs, 0);
}

function lookAtAttempt(
  state: ExecutorState,
  runner: Runner,
  attempt: LocalAttempt,
  nowMs: number,
): number {
  const { timeoutMs, deadlineAtMs } = attempt.order;
  const begunAtMs = begunOrBeginning(runner, attempt);
  // One that waits behind another in a busy process has not used any of its own time.
  const limitAtMs = Math.min(deadlineAtMs, (begunAtMs ?? Infinity) + timeoutMs);
  if (nowMs >= limitAtMs) {
    giveUp(state, runner, attempt, "timeout");
    reportFailure(state, attempt, overdueError(attempt, begunAtMs, nowMs));
    return memoryCheckMs;
  }
  if (begunAtMs === undefined) {
    const waitedMs = nowMs - Math.max(attempt.sentAtMs, runner.begunAtMs);
    // Which of the orders sent ahead keeps the process busy is not known: it is asked for an answer.
    if (waitedMs >= timeoutMs && runner.unanswered === 0)
      ask(state, runner, { kind: "ping", seq: 0 });
    return limitAtMs - nowMs;
  }
  const startDueMs = begunAtMs + state.bounds.startReportAfterMs - nowMs;
  if (attempt.startReportedAtMs === 0 && startDueMs <= 0) {
    attempt.startReportedAtMs = begunAtMs;
    state.reports.push({ ...identity(attempt.order), kind: "started", atMs: begunAtMs });
  }
  return Math.min(limitAtMs - nowMs, startDueMs > 0 ? startDueMs : Infinity);
}

/** When it began, or must have begun if it is the one that keeps the process busy right now. */
function begunOrBeginning(runner: Runner, attempt: LocalAttempt): number | undefined {
  if (attempt.begunAtMs > 0) return attempt.begunAtMs;
  if (attempt.seq !== runner.begunSeq + 1) return undefined;
  return Math.max(attempt.sentAtMs, runner.begunAtMs);
}

function overdueError(attempt: LocalAttempt, begunAtMs: number | undefined, nowMs: number) {
  if (begunAtMs === undefined) {
    const message = "the attempt's time was over before it could begin: its process was busy";
    return { class: "no_capacity" as const, message };
  }
  const message = `no result within ${attempt.order.timeoutMs} ms; it ran for ${nowMs - begunAtMs} ms`;
  return { class: "timeout" as const, message };
}

/** Aborts an attempt nobody waits for any more; its code is left to end, as long as it lets others run. */
function giveUp(
  state: ExecutorState,
  runner: Runner,
  attempt: LocalAttempt,
  reason: AbortOrder["reason"],
): void {
  runner.live.delete(attempt.seq);
  runner.strays.add(attempt.seq);
  runner.straySinceMs = state.clock.now();
  if (runner.live.size === 0) runner.idleSinceMs = state.clock.now();
  ask(state, runner, { kind: "abort", seq: attempt.seq, reason });
}

/** Sends something that a process answers as long as its event loop turns. */
function ask(state: ExecutorState, runner: Runner, question: AbortOrder | PingOrder): void {
  if (runner.unanswered === 0) runner.unansweredSinceMs = state.clock.now();
  runner.unanswered += 1;
  runner.toSend.push(question);
  state.lookIn(memoryCheckMs);
  state.wake(runner.pool);
}

/** The attempt is not wanted any more: no report follows. */
export function cancelAttempt(state: ExecutorState, attempt: LocalAttempt): void {
  const wasRunning = attempt.place === "running";
  if (!forget(state, attempt) || !wasRunning) return;
  for (const runner of attempt.pool.runners) {
    if (runner.live.get(attempt.seq) === attempt) giveUp(state, runner, attempt, "cancelled");
  }
}

function checkMemory(state: ExecutorState, runner: Runner): void {
  const { pid } = runner.process;
  const usedMb = pid === undefined ? undefined : residentMb(pid);
  if (usedMb === undefined) return;
  for (const attempt of runner.live.values()) {
    attempt.memoryMbPeak = Math.max(attempt.memoryMbPeak, Math.ceil(usedMb));
  }
  const allowedMb = runner.pool.memoryMb + state.bounds.runtimeMemoryMb;
  if (usedMb > allowedMb)
    endRunner(state, runner, { kind: "memory", residentMb: usedMb, allowedMb });
}

function checkAnswer(state: ExecutorState, runner: Runner, nowMs: number): void {
  const silentMs = runner.unanswered === 0 ? 0 : nowMs - runner.unansweredSinceMs;
  if (silentMs > state.bounds.unresponsiveMsMax) endRunner(state, runner, { kind: "blocked" });
}

/** Work left behind takes room: with too much of it, or with a suspect's, a new process is better. */
function retireCrowded(state: ExecutorState, runner: Runner, nowMs: number): void {
  if (runner.strays.size === 0 || runner.phase !== "ready") return;
  const crowded = runner.strays.size * 2 >= runner.pool.concurrency;
  const idleMs = runner.live.size > 0 ? 0 : nowMs - runner.idleSinceMs;
  const leftAlone = runner.alone && idleMs > state.bounds.unresponsiveMsMax;
  if (crowded || leftAlone) runner.phase = "retiring";
}
