import type * as z from "zod";
import type { RecordedReport } from "../../../functions/reports/record-reports.ts";
import type { RunningEngine } from "../../../functions/runtime/engine.ts";
import type {
  AttemptRef,
  AttemptReport,
  Backend,
  BackendCapabilities,
} from "../../../shared/ports/backend.ts";
import type { TaskSpec } from "../../../shared/task/task.ts";

/** How the code of an attempt behaves. */
export const behaviours = [
  /** Returns `{ ok: true }`. */
  "result",
  /** Returns nothing. */
  "nothing",
  /** Throws. */
  "error",
  /** Its process ends before it answers. */
  "crash",
  /** Takes longer than it may. */
  "timeout",
  /** Takes more memory than it may. */
  "memory",
  /** Returns more than an instance can keep. */
  "huge",
  /** Runs until it is stopped. */
  "endless",
] as const;
export type Behaviour = (typeof behaviours)[number];

/** What a harness can do to its backend's world. */
export interface BackendFaults {
  /** The next start is carried out, but its answer is lost. */
  loseAnswer?(): void;
  /** The next start is lost on its way. */
  loseStart?(): void;
  /** There is no room until what it answers is called. */
  fill?(): () => void;
}

/** Where reports go; answers what became of them. */
export type Record = (reports: readonly AttemptReport[]) => Promise<readonly RecordedReport[]>;

/** A backend and the world around it, in the hands of the suite. */
export interface BackendHarness {
  readonly backend: Backend;
  /** What routing goes by, where that is not what the backend says of itself. */
  readonly facts?: BackendCapabilities;
  readonly faults: BackendFaults;
  /** A task whose code behaves so on this backend. */
  taskFor(behaviour: Behaviour): z.input<typeof TaskSpec>;
  /** Brings an attempt that was started to the end that its task says, and hands over all it says. */
  finish(attempt: AttemptRef, behaviour: Behaviour): Promise<void>;
  /** Waits until an attempt's code is at work, where that takes time. */
  begun(attempt: AttemptRef): Promise<void>;
  /** Waits until an attempt that was stopped is over. */
  stopped(attempt: AttemptRef): Promise<void>;
  /** How often the code of an attempt was begun. */
  runsOf(attempt: AttemptRef): Promise<number>;
  close(): Promise<void>;
}

/** What a backend cannot be asked for: each sentence that needs it is skipped by its name. */
export interface BackendTraits {
  /** As in its capabilities. */
  readonly startIsIdempotent: boolean;
  /** False where nothing ends a run that has begun. */
  readonly stops: boolean;
  /** False where nobody can say where an attempt is. */
  readonly sees: boolean;
  readonly faults: readonly (keyof BackendFaults)[];
}

/** The control plane that the backend is opened for. */
export interface BackendWorld {
  readonly engine: RunningEngine;
  readonly tenant: string;
  readonly record: Record;
  /** Everything that was ever reported, in order; who reports past `record` notes it here. */
  readonly reported: AttemptReport[];
}

export type OpenHarness = (world: BackendWorld) => Promise<BackendHarness>;
