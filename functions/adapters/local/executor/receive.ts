import { limits } from "../../../../shared/core/limits.ts";
import { BoundedLog } from "../../../runner/bounded-log.ts";
import type { FromRunner } from "../../../runner/protocol.ts";
import type { ExecutorState, LocalAttempt, Runner } from "./executor-state.ts";
import { addLog, identity, logShares, reportEnding } from "./final-reports.ts";
import { endRunner } from "./runner-supply.ts";

const quickMs = 1;
const slowMs = 5;
/** After so many attempts without a death, a process may hold twice as many again. */
const cleanEndingsToGrow = 200;

/** Takes what a runner says. A message that cannot be true means that something else wrote it. */
export function receive(
  state: ExecutorState,
  runner: Runner,
  messages: readonly FromRunner[],
): void {
  if (runner.killReason?.kind === "broken_channel") return;
  for (const message of messages) {
    if (!receiveOne(state, runner, message)) {
      endRunner(state, runner, { kind: "broken_channel" });
      break;
    }
  }
  if (runner.live.size === 0 && runner.toSend.length === 0) {
    runner.idleSinceMs = state.clock.now();
    if (runner.strays.size === 0) runner.alone = false;
  }
  state.wake(runner.pool);
}

function receiveOne(state: ExecutorState, runner: Runner, message: FromRunner): boolean {
  switch (message.kind) {
    case "hello":
      runner.said = "hello";
      runner.phaseSinceMs = state.clock.now();
      return true;
    case "ready":
      runner.said = "ready";
      if (runner.phase === "starting") runner.phase = "ready";
      runner.turnSinceMs = state.clock.now();
      return true;
    case "unusable":
      runner.unusable = message;
      return true;
    case "exiting":
      runner.exiting = message;
      return true;
    case "tainted":
      if (runner.phase === "ready") runner.phase = "retiring";
      return true;
    case "pong":
      runner.unanswered = Math.max(0, runner.unanswered - 1);
      runner.unansweredSinceMs = state.clock.now();
      return true;
    case "dropped":
      return runner.strays.delete(message.seq);
    case "begun":
      return noteBegun(state, runner, message.seq, message.msPerOrder);
    default:
      return receiveAboutAttempt(state, runner, message);
  }
}

function receiveAboutAttempt(
  state: ExecutorState,
  runner: Runner,
  message: Extract<FromRunner, { kind: "log" | "heartbeat" | "succeeded" | "failed" }>,
): boolean {
  const attempt = runner.live.get(message.seq);
  if (attempt === undefined) {
    const known = runner.strays.has(message.seq);
    if (message.kind === "succeeded" || message.kind === "failed") {
      runner.strays.delete(message.seq);
    }
    return known;
  }
  switch (message.kind) {
    case "log":
      addLog(attempt, message.log);
      // The head is bounded by the runner; one that exceeds it is not the runner's.
      return attempt.logHead.length <= limits.logBytesMax;
    case "heartbeat":
      state.reports.push({
        ...identity(attempt.order),
        kind: "heartbeat",
        atMs: state.clock.now(),
        ...(message.progress === undefined ? {} : { progress: message.progress }),
      });
      return true;
    default:
      runner.live.delete(message.seq);
      noteCleanEnding(state, attempt);
      reportEnding(state, attempt, message);
      return true;
  }
}

function noteBegun(state: ExecutorState, runner: Runner, seq: number, msPerOrder: number): boolean {
  if (!Number.isInteger(seq) || seq < runner.begunSeq || seq >= runner.nextSeq) return false;
  const nowMs = state.clock.now();
  for (let begun = runner.begunSeq + 1; begun <= seq; begun++) {
    const attempt = runner.live.get(begun);
    if (attempt !== undefined) attempt.begunAtMs = nowMs;
  }
  runner.begunSeq = seq;
  runner.begunAtMs = nowMs;
  const { pool } = runner;
  if (msPerOrder < quickMs) pool.ahead = Math.min(pool.ahead * 2, pool.concurrency);
  else if (msPerOrder > slowMs) pool.ahead = 1;
  return true;
}

function noteCleanEnding(state: ExecutorState, { order, pool }: LocalAttempt): void {
  state.suspects.delete(order.instanceId);
  pool.cleanEndings += 1;
  if (pool.cleanEndings % cleanEndingsToGrow !== 0) return;
  pool.concurrency = Math.min(pool.concurrency * 2, state.bounds.inFlightPerRunnerMax);
}

/** Output past the runner is an attempt's when it is the only one that can have written it. */
export function receiveRawOutput(runner: Runner, text: string): void {
  if (runner.live.size !== 1 || runner.strays.size > 0) return;
  for (const attempt of runner.live.values()) {
    attempt.rawLog ??= new BoundedLog(0, logShares.rawBytesMax);
    attempt.rawLog.append(text);
  }
}
