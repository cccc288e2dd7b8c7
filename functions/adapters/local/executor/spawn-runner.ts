import { limits } from "../../../../shared/core/limits.ts";
import type { RunnerSetup } from "../../../runner/protocol.ts";
import { type ExecutorState, type Pool, type Runner, runnerFields } from "./executor-state.ts";
import { logShares } from "./final-reports.ts";
import type { GuardProcess } from "./guard-process.ts";
import { receive, receiveRawOutput } from "./receive.ts";
import { resolveModule } from "./resolve-module.ts";
import { failQueue, settleRunnerEnd } from "./runner-end.ts";
import {
  type RunnerProcess,
  type RunnerProcessEvents,
  startRunnerProcess,
} from "./runner-process.ts";
import { endRunner } from "./runner-supply.ts";

export interface SpawnPlace {
  readonly runnerPath: string;
  readonly env: NodeJS.ProcessEnv;
  readonly guard: GuardProcess;
}

/** Starts one more process for a pool; when that is impossible, everything that waits there fails. */
export function spawnRunner(state: ExecutorState, pool: Pool, place: SpawnPlace): void {
  const resolved = resolveModule(pool.code.folder, pool.module);
  if (resolved.outcome === "missing") {
    failQueue(state, pool, resolved.error);
    return;
  }
  const events: RunnerProcessEvents = {
    onMessages: (messages) => receive(state, runner, messages),
    onBroken: () => endRunner(state, runner, { kind: "broken_channel" }),
    onOutput: (text) => receiveRawOutput(runner, text),
    onEnd: (end) => {
      if (runner.process.pid !== undefined) place.guard.forget(runner.process.pid);
      settleRunnerEnd(state, runner, end);
    },
  };
  let process: RunnerProcess;
  try {
    process = startRunnerProcess(
      {
        runnerPath: place.runnerPath,
        setup: setupOf(pool, resolved.path),
        folder: pool.code.folder,
        env: { ...place.env, ...pool.code.environment },
      },
      events,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `no process could be started: ${why}`;
    failQueue(state, pool, { class: "backend_fault", message });
    return;
  }
  const runner = newRunner(state, pool, process, resolved);
  state.runners.add(runner);
  pool.runners.add(runner);
  if (process.pid !== undefined) place.guard.watch(process.pid);
  state.log.debug("runner started", runnerFields(runner));
  state.lookIn(state.bounds.backlogMsMax);
}

function setupOf(pool: Pool, modulePath: string): RunnerSetup {
  return {
    modulePath,
    module: pool.module,
    export: pool.export,
    tenant: pool.tenant,
    task: pool.task,
    taskVersion: pool.taskVersion,
    memoryMb: pool.memoryMb,
    outputBytesMax: limits.outputBytesMax,
    logHeadBytesMax: logShares.headBytesMax,
    logTailBytesMax: logShares.tailBytesMax,
    errorMessageBytesMax: limits.errorMessageBytesMax,
  };
}

function newRunner(
  { clock }: ExecutorState,
  pool: Pool,
  process: RunnerProcess,
  module: { readonly path: string; readonly modifiedAtMs: number },
): Runner {
  const nowMs = clock.now();
  return {
    process,
    pool,
    modulePath: module.path,
    moduleModifiedAtMs: module.modifiedAtMs,
    moduleCheckedAtMs: nowMs,
    phase: "starting",
    phaseSinceMs: nowMs,
    said: "nothing",
    unusable: undefined,
    exiting: undefined,
    killReason: undefined,
    nextSeq: 1,
    begunSeq: 0,
    begunAtMs: 0,
    live: new Map(),
    strays: new Set(),
    straySinceMs: 0,
    alone: false,
    toSend: [],
    unanswered: 0,
    unansweredSinceMs: 0,
    idleSinceMs: nowMs,
    turnSinceMs: nowMs,
  };
}
