import type { AttemptReport } from "../../../../shared/ports/backend.ts";
import type { Clock } from "../../../../shared/ports/clock.ts";
import type { Log } from "../../../../shared/ports/log.ts";
import { assignWaiting } from "./assign.ts";
import { type ExecutorBounds, executorBoundsDefault } from "./executor-bounds.ts";
import type { ExecutorState, Pool } from "./executor-state.ts";
import { GuardProcess } from "./guard-process.ts";
import { lookAtClock } from "./look-at-clock.ts";
import { closeIdlePool } from "./pool.ts";
import { RecentSet } from "./recent-set.ts";
import { serveWaitingPools } from "./runner-supply.ts";
import { spawnRunner } from "./spawn-runner.ts";

export interface ExecutorOptions {
  /** Tasks name their modules relative to this folder. */
  readonly functionsRoot: string;
  /** The bundled runner. */
  readonly runnerPath: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Gets every report, in batches. */
  readonly report: (reports: readonly AttemptReport[]) => void;
  /** What tasks find in process.env; by default what the host finds, without Node's own options. */
  readonly env?: NodeJS.ProcessEnv;
  readonly bounds?: Partial<ExecutorBounds>;
}

/**
 * Drives the executor: whatever happens only marks pools; once per turn of the event loop work is
 * assigned, orders are written and reports are delivered. One timer looks at the clock for all
 * attempts, and there is none while nothing is in flight and no process is left.
 */
export class ExecutorTurns {
  readonly options: ExecutorOptions;
  readonly state: ExecutorState;
  #woken = new Set<Pool>();
  #turnPlanned = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Infinity;
  readonly #waiters = new Set<{ readonly until: () => boolean; readonly resolve: () => void }>();

  constructor(options: ExecutorOptions) {
    this.options = options;
    const bounds = { ...executorBoundsDefault, ...options.bounds };
    const place = {
      runnerPath: options.runnerPath,
      env: options.env ?? taskEnvironment(process.env),
      guard: new GuardProcess(options.log),
    };
    this.state = {
      bounds,
      clock: options.clock,
      log: options.log,
      attempts: new Map(),
      pools: new Map(),
      runners: new Set(),
      waitingPools: new Set(),
      recentAttempts: new RecentSet(bounds.rememberedMax),
      suspects: new RecentSet(bounds.rememberedMax),
      reports: [],
      queued: 0,
      queueCheckedAtMs: 0,
      accepting: true,
      wake: (pool) => this.#wake(pool),
      lookIn: (delayMs) => this.#lookIn(delayMs),
      spawn: (pool) => spawnRunner(this.state, pool, place),
    };
  }

  /** Resolves when no attempt is in flight, or after the grace. */
  drained(graceMs: number): Promise<void> {
    return this.#when(() => this.state.attempts.size === 0, graceMs);
  }

  /** Resolves when no aborted code runs any more, or after the grace. */
  quiet(graceMs: number): Promise<void> {
    const { runners } = this.state;
    return this.#when(() => [...runners].every(({ strays }) => strays.size === 0), graceMs);
  }

  /** Resolves when no process is left and everything is reported. */
  async ended(): Promise<void> {
    this.#takeTurn();
    await this.#when(() => this.state.runners.size === 0);
    clearTimeout(this.#timer);
  }

  #wake(pool: Pool): void {
    this.#woken.add(pool);
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#turnPlanned = false;
    const { state } = this;
    const pools = this.#woken;
    this.#woken = new Set();
    for (const pool of pools) assignWaiting(state, pool);
    if (state.waitingPools.size > 0) serveWaitingPools(state);
    for (const pool of pools) {
      sendOrders(pool);
      closeIdlePool(state, pool);
    }
    this.#deliver();
    for (const waiter of this.#waiters) {
      if (!waiter.until()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #deliver(): void {
    const { state } = this;
    if (state.reports.length === 0) return;
    const { reports } = state;
    state.reports = [];
    try {
      this.options.report(reports);
    } catch (error) {
      state.log.error("reports were not taken", {
        count: reports.length,
        cause: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #lookIn(delayMs: number): void {
    const atMs = performance.now() + delayMs;
    if (atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Infinity;
      const nextMs = lookAtClock(this.state);
      this.#takeTurn();
      if (nextMs !== undefined) this.#lookIn(nextMs);
    }, delayMs);
  }

  #when(until: () => boolean, waitMsMax?: number): Promise<void> {
    if (until()) return Promise.resolve();
    return new Promise((resolve) => {
      const giveUp = () => {
        this.#waiters.delete(waiter);
        resolve();
      };
      const timer = waitMsMax === undefined ? undefined : setTimeout(giveUp, waitMsMax);
      const waiter = {
        until,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }
}

function sendOrders(pool: Pool): void {
  for (const runner of pool.runners) {
    if (runner.toSend.length === 0) continue;
    runner.process.send(`${JSON.stringify(runner.toSend)}\n`);
    runner.toSend = [];
  }
}

/** Options meant for the host's own Node would change or break the task's. */
function taskEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_CHANNEL_FD: _fd, NODE_UNIQUE_ID: _id, ...rest } = env;
  return rest;
}
