import { availableParallelism } from "node:os";

/** Every bound and time of the local executor. */
export interface ExecutorBounds {
  /** Child processes that are kept, all tasks together. */
  readonly runnersMax: number;
  /** Child processes when more tasks than that have work at the same moment: each gets one. */
  readonly runnersMaxBusy: number;
  readonly runnersPerTaskMax: number;
  readonly inFlightPerRunnerMax: number;
  /** Attempts that may wait for their turn; beyond, starts are refused. */
  readonly queuedMax: number;
  /** A child without work leaves after this long. */
  readonly idleExitMs: number;
  /** A process whose runner has not come up by then is given up. */
  readonly startMsMax: number;
  /** A module that has not finished loading by then is given up. */
  readonly loadMsMax: number;
  /** A child that does not answer an abort within this time is blocked. */
  readonly unresponsiveMsMax: number;
  /**
   * How long code that was aborted may go on in a process that is wanted no more. Where processes
   * are shared, others wait for the room, so that it gets none.
   */
  readonly abortGraceMs: number;
  /** Attempts still running after this long report that they have started. */
  readonly startReportAfterMs: number;
  /** A queue that has waited this long gets another child. */
  readonly backlogMsMax: number;
  /** While other tasks wait for a child, one that has served its own this long makes room. */
  readonly turnMs: number;
  readonly memoryMbDefault: number;
  /** Resident memory of the runtime itself, allowed on top of what the task asked for. */
  readonly runtimeMemoryMb: number;
  /** Instances and attempt ids remembered after they are over. */
  readonly rememberedMax: number;
}

export const executorBoundsDefault: ExecutorBounds = {
  runnersMax: 8,
  runnersMaxBusy: 32,
  runnersPerTaskMax: availableParallelism(),
  inFlightPerRunnerMax: 64,
  queuedMax: 50_000,
  idleExitMs: 10_000,
  startMsMax: 20_000,
  loadMsMax: 20_000,
  unresponsiveMsMax: 1_500,
  abortGraceMs: 0,
  startReportAfterMs: 25,
  backlogMsMax: 50,
  turnMs: 250,
  memoryMbDefault: 256,
  runtimeMemoryMb: 80,
  rememberedMax: 50_000,
};
