import { availableParallelism, totalmem } from "node:os";
import { limits } from "../../../../shared/core/limits.ts";
import type { AttemptError } from "../../../../shared/instance/instance.ts";
import type { Place } from "../../../../shared/limit/fair-line.ts";
import type { AttemptOrder, Backend, StartOutcome } from "../../../../shared/ports/backend.ts";
import { priceBy } from "../../../../shared/pricing/price-run.ts";
import type { CodePlace } from "./code-place.ts";
import type { LocalAttempt, Pool } from "./executor-state.ts";
import { type ExecutorOptions, ExecutorTurns } from "./executor-turns.ts";
import { reportFailure } from "./final-reports.ts";
import { cancelAttempt } from "./look-at-clock.ts";
import { codeOfFunction, findPool } from "./pool.ts";
import { dismissRunner, endRunner } from "./runner-supply.ts";

export interface LocalExecutorOptions extends ExecutorOptions {
  /** What an attempt may take at most, as on Lambda. Default: no limit but that of all attempts. */
  readonly timeoutSecondsMax?: number;
}

const machineMemoryMb = Math.floor(totalmem() / 1_048_576);

/** Runs functions in child processes of this machine. */
export interface LocalExecutor extends Backend {
  /** `code` says where it is when it is not what the order's function target names. */
  start(order: AttemptOrder, code?: CodePlace): Promise<StartOutcome>;
  /** Attempts accepted and not over. */
  inFlight(): number;
  /** Child processes that exist at this moment. */
  processes(): number;
  /** Takes no more attempts, waits for those it has, then ends them; resolves when no process is left. */
  close(graceMs: number): Promise<void>;
}

/** Opens the backend `local`. It starts processes when there is work, and keeps none when there is not. */
export function openLocalExecutor(options: LocalExecutorOptions): LocalExecutor {
  const turns = new ExecutorTurns(options);
  const { state } = turns;
  let closing: Promise<void> | undefined;
  return {
    capabilities: {
      name: "local",
      kind: "local",
      type: "serverless",
      targets: ["function", "package"],
      timeoutSecondsMax: options.timeoutSecondsMax ?? limits.attemptTimeoutSecondsMax,
      memoryMbMax: machineMemoryMb,
      cpuCoresMax: availableParallelism(),
      storageMbMax: 1_000_000,
      memoryMbDefault: state.bounds.memoryMbDefault,
      sizeIsPerAttempt: true,
      startMsTypical: 50,
      pricing: { model: "lambda", architecture: "arm64" },
      labels: {},
      inputBytesMax: limits.inputBytesMax,
      startIsIdempotent: true,
      reportsStart: true,
    },
    start: async (order, code) => start(turns, order, code),
    stop: async ({ attemptId }) => {
      const attempt = state.attempts.get(attemptId);
      if (attempt !== undefined) cancelAttempt(state, attempt);
    },
    inspect: async ({ attemptId }) => {
      const place = state.attempts.get(attemptId)?.place;
      if (place !== undefined) return place === "queued" ? "queued" : "running";
      return state.recentAttempts.has(attemptId) ? "gone" : "unknown";
    },
    inFlight: () => state.attempts.size,
    processes: () => state.runners.size,
    price: priceBy({ model: "lambda", architecture: "arm64" }),
    close: (graceMs) => {
      closing ??= close(turns, graceMs);
      return closing;
    },
  };
}

function start(turns: ExecutorTurns, order: AttemptOrder, code?: CodePlace): StartOutcome {
  const { state, options } = turns;
  const { attemptId } = order;
  if (state.attempts.has(attemptId) || state.recentAttempts.has(attemptId)) {
    return { outcome: "accepted" };
  }
  if (!state.accepting) return refused("no_capacity", "the host is shutting down");
  if (state.queued >= state.bounds.queuedMax) {
    return refused("no_capacity", `${state.queued} attempts are waiting already`);
  }
  const found = findPool(state, order, code ?? codeOfFunction(options.functionsRoot, order));
  if (found.outcome === "missing") return { outcome: "refused", error: found.error };
  enqueue(turns, found.pool, order);
  return { outcome: "accepted" };
}

function enqueue({ state }: ExecutorTurns, pool: Pool, order: AttemptOrder): void {
  const attempt: LocalAttempt = {
    order,
    pool,
    queuedAtMs: state.clock.now(),
    place: "queued",
    seq: 0,
    sentAtMs: 0,
    begunAtMs: 0,
    startReportedAtMs: 0,
    memoryMbPeak: 0,
    logHead: "",
    logTail: undefined,
    rawLog: undefined,
  };
  state.attempts.set(order.attemptId, attempt);
  state.queued += 1;
  pool.queued += 1;
  if (state.suspects.has(order.instanceId)) pool.aloneLine.push(attempt);
  else pool.line.push(attempt, placeOf(order, attempt.queuedAtMs));
  state.wake(pool);
}

function placeOf({ tenant, group, task, priority }: AttemptOrder, atMs: number): Place {
  return { tenant, lane: group ?? task, priority, atMs };
}

function refused(errorClass: AttemptError["class"], message: string): StartOutcome {
  return { outcome: "refused", error: { class: errorClass, message } };
}

async function close(turns: ExecutorTurns, graceMs: number): Promise<void> {
  const { state } = turns;
  state.accepting = false;
  await turns.drained(graceMs);
  await turns.quiet(Math.min(graceMs, state.bounds.abortGraceMs));
  const message = "the host was shut down before the attempt was finished";
  const busy = [...state.runners].filter(({ live }) => live.size > 0);
  for (const attempt of [...state.attempts.values()]) {
    reportFailure(state, attempt, { class: "worker_lost", message });
  }
  for (const runner of busy) endRunner(state, runner, { kind: "closing" });
  for (const runner of state.runners) dismissRunner(state, runner);
  await turns.ended();
}
