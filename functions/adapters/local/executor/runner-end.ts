import type { AttemptError } from "../../../../shared/instance/instance.ts";
import { type ExecutorState, type Pool, type Runner, runnerFields } from "./executor-state.ts";
import { reportFailure } from "./final-reports.ts";
import type { RunnerEnd } from "./runner-process.ts";

/** V8's own words when the heap is full, on the way to abort(). */
const heapExhausted = /^(FATAL ERROR: .*|#?\s*Fatal .*)out of memory/im;
const stderrLinesShown = 5;

/** Decides what became of the attempts of a process that has ended, and gives its room to others. */
export function settleRunnerEnd(state: ExecutorState, runner: Runner, end: RunnerEnd): void {
  const { pool } = runner;
  state.runners.delete(runner);
  pool.runners.delete(runner);
  const expected =
    runner.killReason?.kind === "not_needed" || runner.killReason?.kind === "closing";
  if (!expected) {
    const reason = runner.unusable?.error.message ?? deathText(runner, end);
    state.log.warn("a task's process ended", { ...runnerFields(runner), reason });
  }
  if (runner.live.size > 0) settleAttempts(state, runner, end);
  else if (runner.said !== "ready" && !expected) settleFailedStart(state, runner, end);
  state.wake(pool);
}

/** It died before it could take an order: nothing of this pool can run, unless others of it do. */
function settleFailedStart(state: ExecutorState, runner: Runner, end: RunnerEnd): void {
  const { pool } = runner;
  const error = startError(runner, end);
  const runsElsewhere = [...pool.runners].some(({ phase }) => phase === "ready");
  if (!runsElsewhere) failQueue(state, pool, error);
}

function startError(runner: Runner, end: RunnerEnd): AttemptError {
  const { module } = runner.pool;
  if (runner.unusable !== undefined) return runner.unusable.error;
  if (runner.said === "nothing") {
    const message = `the runner could not start: ${end.spawnError?.message ?? deathText(runner, end)}`;
    return { class: "backend_fault", message };
  }
  if (runner.killReason?.kind === "loading_too_long") {
    const message = `${module} did not finish loading; does it wait for something at top level?`;
    return { class: "timeout", message };
  }
  const { class: errorClass, message } = deathError(runner, end);
  return { class: errorClass, message: `while ${module} was loading, ${message}` };
}

/** Fails everything that waits in this pool. */
export function failQueue(state: ExecutorState, pool: Pool, error: AttemptError): void {
  for (const line of [pool.line, pool.aloneLine]) {
    for (let attempt = line.shift(); attempt !== undefined; attempt = line.shift()) {
      reportFailure(state, attempt, error);
    }
  }
}

function settleAttempts(state: ExecutorState, runner: Runner, end: RunnerEnd): void {
  const attempts = [...runner.live.values()];
  runner.live.clear();
  const [only] = attempts;
  if (runner.killReason?.kind === "closing") {
    const message = "the host was shut down before the attempt was finished";
    for (const attempt of attempts)
      reportFailure(state, attempt, { class: "worker_lost", message });
    return;
  }
  const culpritSeq = runner.exiting?.seq;
  const culprit = attempts.find(({ seq }) => seq === culpritSeq);
  const exact = culprit ?? (attempts.length === 1 && runner.strays.size === 0 ? only : undefined);
  if (exact !== undefined) {
    state.suspects.add(exact.order.instanceId);
    reportFailure(state, exact, deathError(runner, end));
  }
  const others = attempts.filter((attempt) => attempt !== exact);
  if (others.length === 0) return;
  const cause = deathText(runner, end);
  // When nobody knows who did it, everybody's next attempt is alone, and the next death is clear.
  const unclear =
    exact === undefined && (culpritSeq === undefined || !runner.strays.has(culpritSeq));
  const message = unclear
    ? `the process died with ${attempts.length} attempts in it (${cause}); which of them caused it is not known, so each will be alone in a process next time`
    : `another attempt ended the process they shared (${cause})`;
  for (const attempt of others) {
    if (unclear) state.suspects.add(attempt.order.instanceId);
    reportFailure(state, attempt, { class: "worker_lost", message });
  }
  const { pool } = runner;
  pool.concurrency = Math.max(1, Math.floor(pool.concurrency / 2));
  pool.ahead = 1;
}

/** The failure of the one attempt that is known to have ended its process. */
function deathError(runner: Runner, end: RunnerEnd): AttemptError {
  const message = deathText(runner, end);
  if (runner.killReason?.kind === "memory" || isHeapExhausted(runner, end)) {
    return { class: "out_of_memory", message };
  }
  if (runner.killReason?.kind === "blocked") return { class: "timeout", message };
  const stack = runner.exiting?.stack;
  return { class: "crash", message, ...(stack === undefined ? {} : { stack }) };
}

function isHeapExhausted(runner: Runner, end: RunnerEnd): boolean {
  return runner.killReason === undefined && heapExhausted.test(end.stderrTail);
}

/** What happened to the process, in words that fit into a sentence. */
function deathText(runner: Runner, end: RunnerEnd): string {
  const { killReason, exiting, pool } = runner;
  switch (killReason?.kind) {
    case "memory":
      return `the process used ${Math.round(killReason.residentMb)} MB of memory; ${Math.round(killReason.allowedMb)} MB are allowed (${pool.memoryMb} MB for the task, the rest for the runtime)`;
    case "blocked":
      return "its event loop did not turn any more, so the process was killed";
    case "broken_channel":
      return "something other than the runner wrote into the runner's own pipe, so the process was killed";
    case "loading_too_long":
      return "the module did not finish loading, so the process was killed";
    case "closing":
      return "the host was shut down";
    default:
  }
  if (isHeapExhausted(runner, end)) {
    return `the JavaScript heap reached its limit of ${pool.memoryMb} MB`;
  }
  if (end.spawnError !== undefined) return end.spawnError.message;
  if (exiting?.seq !== undefined) return `the task called process.exit(${exiting.code})`;
  const how =
    end.signal === null
      ? `the process exited with code ${end.code}`
      : `the process was ended by ${end.signal}${end.signal === "SIGKILL" ? ", by itself or by the system" : ""}`;
  const lines = lastLines(end.stderrTail);
  return lines === "" ? how : `${how}; it last wrote: ${lines}`;
}

/** The newest lines, without the places of a stack: those are in the log. */
function lastLines(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return lines.slice(-stderrLinesShown).join("\n");
}
