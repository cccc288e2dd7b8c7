/** How a worker is to work; made from a command line by `switchyard worker`. */
export interface WorkerOptions {
  readonly server: string;
  readonly pool: string;
  /** The worker's name within its pool; of two processes with the same name the newer one counts. */
  readonly id: string;
  readonly slots: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Modules of function targets are below it. */
  readonly functionsRoot: string;
  readonly allowCommands: boolean;
  /** Take work once, finish it and leave. */
  readonly once: boolean;
  /** When told to leave: how long what it has may take. */
  readonly graceMs: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A line for people. */
  say(line: string): void;
  /** Aborted: take nothing more, finish what runs within the grace, leave. */
  readonly leaving: AbortSignal;
  /** Aborted: leave at once, giving back what runs. */
  readonly hurrying: AbortSignal;
}

/** What a worker's life came to. */
export interface WorkerEnd {
  readonly finished: number;
  /** Attempts given back, because they took longer than the grace. */
  readonly givenBack: number;
  /** Why it could not even begin. */
  readonly refused?: string;
}

/** The worker program, which is a bundle of its own: the command line only starts it. */
export interface WorkerModule {
  runWorker(options: WorkerOptions): Promise<WorkerEnd>;
}
