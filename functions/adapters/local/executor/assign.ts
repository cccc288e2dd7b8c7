import type { AttemptOrder } from "../../../../shared/ports/backend.ts";
import type { RunOrder } from "../../../runner/protocol.ts";
import type { ExecutorState, LocalAttempt, Pool, Runner } from "./executor-state.ts";
import { reportFailure } from "./final-reports.ts";
import { modifiedAtMs } from "./resolve-module.ts";
import { hasUsableRunner, poolsStarve, wantRunner } from "./runner-supply.ts";

const moduleCheckEveryMs = 500;

/** Gives waiting attempts of a pool to its processes, as far as they may take more. */
export function assignWaiting(state: ExecutorState, pool: Pool): void {
  const nowMs = state.clock.now();
  assignAlone(state, pool, nowMs);
  for (;;) {
    const attempt = peekWanted(state, pool.line, nowMs);
    if (attempt === undefined) break;
    const runner = runnerWithRoom(state, pool, nowMs);
    if (runner === undefined) break;
    pool.line.shift();
    assign(state, runner, attempt, nowMs);
  }
  noteWaiting(state, pool, nowMs);
}

/** Suspects go first, each into a process that is empty and stays so until it has ended. */
function assignAlone(state: ExecutorState, pool: Pool, nowMs: number): void {
  for (;;) {
    const attempt = peekWanted(state, pool.aloneLine, nowMs);
    if (attempt === undefined) return;
    const runner = [...pool.runners].find((one) => isVacant(state, one, nowMs));
    if (runner === undefined) return;
    pool.aloneLine.shift();
    runner.alone = true;
    assign(state, runner, attempt, nowMs);
  }
}

function noteWaiting(state: ExecutorState, pool: Pool, nowMs: number): void {
  if (pool.queued === 0) {
    pool.waitingSinceMs = 0;
    return;
  }
  pool.waitingSinceMs ||= nowMs;
  const waitsLong = nowMs - pool.waitingSinceMs >= state.bounds.backlogMsMax;
  if (!hasUsableRunner(pool) || waitsLong || suspectsWait(pool)) wantRunner(state, pool);
  state.lookIn(state.bounds.backlogMsMax);
}

/** True while suspects wait and no process is theirs yet or about to be. */
function suspectsWait(pool: Pool): boolean {
  if (pool.aloneLine.size === 0) return false;
  return ![...pool.runners].some(({ alone, phase }) => alone || phase === "starting");
}

/** The first of the line that is still wanted and still has time. */
function peekWanted(
  state: ExecutorState,
  line: { peek(): LocalAttempt | undefined; shift(): LocalAttempt | undefined },
  nowMs: number,
): LocalAttempt | undefined {
  for (;;) {
    const attempt = line.peek();
    if (attempt === undefined) return undefined;
    if (attempt.place === "queued" && !expireQueued(state, attempt, nowMs)) return attempt;
    line.shift();
  }
}

/** Reports a waiting attempt whose time is over; true when it was. */
export function expireQueued(state: ExecutorState, attempt: LocalAttempt, nowMs: number): boolean {
  const { startByMs = Infinity, deadlineAtMs } = attempt.order;
  if (nowMs < Math.min(startByMs, deadlineAtMs)) return false;
  const waitedMs = nowMs - attempt.queuedAtMs;
  const { module, runners } = attempt.pool;
  const loading = runners.size > 0 && ![...runners].some(({ phase }) => phase === "ready");
  const message = `the attempt's time was over before it could begin; it had waited ${waitedMs} ms for ${loading ? `${module} to load` : "a free process"}`;
  // A module that takes the whole time to load is the task's affair, a late start is not.
  const errorClass = loading && nowMs >= deadlineAtMs ? "timeout" : "no_capacity";
  reportFailure(state, attempt, { class: errorClass, message });
  return true;
}

/** The least busy process of the pool that may take one more attempt. */
function runnerWithRoom(state: ExecutorState, pool: Pool, nowMs: number): Runner | undefined {
  // While a suspect waits for an empty process and none can be added, one must run empty.
  let reserve = suspectsWait(pool);
  let best: Runner | undefined;
  for (const runner of pool.runners) {
    if (reserve) {
      reserve = false;
      continue;
    }
    if (!hasRoom(runner) || isTurnOver(state, runner, nowMs)) continue;
    if (isOutdated(runner, nowMs)) continue;
    if (best === undefined || runner.live.size < best.live.size) best = runner;
  }
  return best;
}

function hasRoom(runner: Runner): boolean {
  const { pool } = runner;
  return (
    runner.phase === "ready" &&
    !runner.alone &&
    runner.unanswered === 0 &&
    runner.live.size + runner.strays.size < pool.concurrency &&
    runner.nextSeq - 1 - runner.begunSeq < pool.ahead
  );
}

function isVacant(state: ExecutorState, runner: Runner, nowMs: number): boolean {
  return (
    runner.phase === "ready" &&
    runner.live.size === 0 &&
    runner.strays.size === 0 &&
    !isTurnOver(state, runner, nowMs) &&
    !isOutdated(runner, nowMs)
  );
}

/** Others wait for a process, and this one has served its own for long enough. */
function isTurnOver(state: ExecutorState, runner: Runner, nowMs: number): boolean {
  return nowMs - runner.turnSinceMs > state.bounds.turnMs && poolsStarve(state);
}

/** A process whose module has changed on disk takes no more orders; the next one loads the new code. */
function isOutdated(runner: Runner, nowMs: number): boolean {
  if (nowMs - runner.moduleCheckedAtMs < moduleCheckEveryMs) return false;
  runner.moduleCheckedAtMs = nowMs;
  if (modifiedAtMs(runner.modulePath) === runner.moduleModifiedAtMs) return false;
  runner.phase = "retiring";
  return true;
}

function assign(state: ExecutorState, runner: Runner, attempt: LocalAttempt, nowMs: number): void {
  const { pool } = runner;
  pool.queued -= 1;
  state.queued -= 1;
  if (runner.live.size === 0) {
    if (!poolsStarve(state)) runner.turnSinceMs = nowMs;
    // Soon enough to report the start of one that is not over by then.
    state.lookIn(state.bounds.startReportAfterMs);
  }
  attempt.place = "running";
  attempt.seq = runner.nextSeq;
  attempt.sentAtMs = nowMs;
  runner.nextSeq += 1;
  runner.live.set(attempt.seq, attempt);
  runner.toSend.push(runOrder(attempt.seq, attempt.order));
}

/** What the runner needs of an order; fields that are absent stay so. */
function runOrder(seq: number, order: AttemptOrder): RunOrder {
  const { instanceId, attemptId, attempt, input, inputRef, outputUrl, config, trace } = order;
  const { group, colour, orderedAtMs, cpuCores, timeoutMs, deadlineAtMs } = order;
  return {
    kind: "run",
    seq,
    instanceId,
    attemptId,
    attempt,
    ...(input === undefined ? {} : { input }),
    ...(inputRef === undefined ? {} : { inputRef }),
    ...(outputUrl === undefined ? {} : { outputUrl }),
    ...(config === undefined ? {} : { config }),
    ...(trace === undefined ? {} : { trace }),
    ...(group === undefined ? {} : { group }),
    ...(colour === undefined ? {} : { colour }),
    ...(orderedAtMs === undefined ? {} : { orderedAtMs }),
    ...(cpuCores === undefined ? {} : { cpuCores }),
    timeoutMs,
    deadlineAtMs,
  };
}
