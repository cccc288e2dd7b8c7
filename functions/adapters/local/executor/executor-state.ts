import type { FairLine } from "../../../../shared/limit/fair-line.ts";
import type { AttemptOrder, AttemptReport } from "../../../../shared/ports/backend.ts";
import type { Clock } from "../../../../shared/ports/clock.ts";
import type { Log } from "../../../../shared/ports/log.ts";
import type { BoundedLog } from "../../../runner/bounded-log.ts";
import type { Fifo } from "../../../runner/fifo.ts";
import type { FromRunner, LogPiece, ToRunner } from "../../../runner/protocol.ts";
import type { CodePlace } from "./code-place.ts";
import type { ExecutorBounds } from "./executor-bounds.ts";
import type { RecentSet } from "./recent-set.ts";
import type { RunnerProcess } from "./runner-process.ts";

/** An attempt from its start to its final report. */
export interface LocalAttempt {
  readonly order: AttemptOrder;
  readonly pool: Pool;
  readonly queuedAtMs: number;
  place: "queued" | "running" | "over";
  /** Its number in its runner. */
  seq: number;
  sentAtMs: number;
  /** When the runner said that it had begun; 0 = not known. */
  begunAtMs: number;
  /** What was reported as its start; 0 = nothing was. */
  startReportedAtMs: number;
  memoryMbPeak: number;
  logHead: string;
  logTail: LogPiece | undefined;
  /** What it wrote past the runner, as far as it can be told. */
  rawLog: BoundedLog | undefined;
}

/** The work of one module for one task version, and the processes that do it. */
export interface Pool {
  readonly key: string;
  readonly tenant: string;
  readonly task: string;
  readonly taskVersion: number;
  readonly code: CodePlace;
  readonly module: string;
  readonly export: string;
  readonly memoryMb: number;
  /** Tenants and their lanes take turns. */
  readonly line: FairLine<LocalAttempt>;
  /** Attempts that must have a process to themselves, because earlier ones ended theirs. */
  readonly aloneLine: Fifo<LocalAttempt>;
  /** Attempts of both lines that are still wanted. */
  queued: number;
  /** Since when something has been waiting; 0 = nothing is. */
  waitingSinceMs: number;
  readonly runners: Set<Runner>;
  /** Attempts in flight per process: halved when a process dies of unknown cause, grown back slowly. */
  concurrency: number;
  cleanEndings: number;
  /** Orders sent ahead of what has begun: few while they take long to begin, many when they do not. */
  ahead: number;
}

/** Why the executor ends a process. */
export type KillReason =
  | { readonly kind: "memory"; readonly residentMb: number; readonly allowedMb: number }
  | { readonly kind: "blocked" }
  | { readonly kind: "broken_channel" }
  | { readonly kind: "loading_too_long" }
  | { readonly kind: "closing" }
  | { readonly kind: "not_needed" };

/** One child process as its pool sees it. */
export interface Runner {
  readonly process: RunnerProcess;
  readonly pool: Pool;
  /** starting → ready → retiring (finishes what it has) → leaving (asked or made to end). */
  phase: "starting" | "ready" | "retiring" | "leaving";
  phaseSinceMs: number;
  /** How far it has come: the runner itself, then the task's module. */
  said: "nothing" | "hello" | "ready";
  unusable: Extract<FromRunner, { kind: "unusable" }> | undefined;
  exiting: Extract<FromRunner, { kind: "exiting" }> | undefined;
  killReason: KillReason | undefined;
  nextSeq: number;
  begunSeq: number;
  begunAtMs: number;
  readonly live: Map<number, LocalAttempt>;
  /** Attempts nobody waits for any more, whose code still runs. */
  readonly strays: Set<number>;
  /** When the newest of them was aborted. */
  straySinceMs: number;
  /** It runs one attempt that is suspected of ending processes, and nothing else. */
  alone: boolean;
  toSend: ToRunner[];
  /** Aborts and pings that it has not answered: it may be blocked, and gets nothing new. */
  unanswered: number;
  unansweredSinceMs: number;
  idleSinceMs: number;
  /** Since when it has been serving: not begun anew by a pause while others wait for a process. */
  turnSinceMs: number;
  readonly modulePath: string;
  readonly moduleModifiedAtMs: number;
  moduleCheckedAtMs: number;
}

/** Everything the executor knows at this moment. */
export interface ExecutorState {
  readonly bounds: ExecutorBounds;
  readonly clock: Clock;
  readonly log: Log;
  /** By attempt id: queued or running. */
  readonly attempts: Map<string, LocalAttempt>;
  readonly pools: Map<string, Pool>;
  readonly runners: Set<Runner>;
  /** Pools without a process of their own that wait for one, longest first. */
  readonly waitingPools: Set<Pool>;
  /** Attempts that are over. */
  readonly recentAttempts: RecentSet;
  /** Instances whose attempts run alone, because a process died with them in it. */
  readonly suspects: RecentSet;
  reports: AttemptReport[];
  queued: number;
  queueCheckedAtMs: number;
  accepting: boolean;
  /** Asks for a turn of the executor for this pool, at the end of this turn of the event loop. */
  wake(pool: Pool): void;
  /** Asks for a look at the clock, no later than after so many milliseconds. */
  lookIn(delayMs: number): void;
  /** Starts a process for the pool. */
  spawn(pool: Pool): void;
}

/** The words of log lines about a process. */
export function runnerFields(runner: Runner) {
  const { task, taskVersion } = runner.pool;
  return { task, taskVersion, pid: runner.process.pid, inFlight: runner.live.size };
}
