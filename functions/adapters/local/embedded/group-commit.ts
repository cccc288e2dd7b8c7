import { TerminalError } from "../../../../shared/core/errors.ts";
import type { WriteResult } from "../../../../shared/ports/store.ts";
import type { Journal } from "./journal.ts";
import type { Version } from "./version.ts";

const wrote: WriteResult = Object.freeze({ outcome: "wrote" });

/** Writes that become durable together. All of them share one promise. */
export class CommitGroup {
  readonly number: number;
  readonly firstPosition: number;
  /** In order; the first has the position `firstPosition`. */
  readonly versions: Version[] = [];
  /** Characters of the lines. */
  chars = 0;
  readonly durable: Promise<WriteResult>;
  #resolve: (result: WriteResult) => void = () => undefined;
  #reject: (error: TerminalError) => void = () => undefined;

  constructor(number: number, firstPosition: number) {
    this.number = number;
    this.firstPosition = firstPosition;
    this.durable = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get lastPosition(): number {
    return this.firstPosition + this.versions.length - 1;
  }

  add(version: Version): void {
    this.versions.push(version);
    this.chars += version.line?.length ?? 0;
  }

  succeed(): void {
    this.#resolve(wrote);
  }

  fail(error: TerminalError): void {
    // Without a change nobody holds the promise, and nobody would hear of its rejection.
    if (this.versions.length > 0) this.#reject(error);
  }
}

/** What the store does with a group's outcome. */
export interface CommitListener {
  committed(group: CommitGroup): void;
  failed(error: TerminalError): void;
}

/** A group of this size is on its way without waiting for more: disk and processor work at once. */
const charsAtOnce = 256 * 1024;

/**
 * Group commit without timers: while one group is on its way to the disk the next one collects.
 * The first write of a quiet time waits for the end of the present turn of the event loop, so
 * that all requests that arrived together share one commit.
 */
export class GroupCommit {
  readonly #journal: Journal;
  readonly #listener: CommitListener;
  #collecting: CommitGroup;
  #inFlight: CommitGroup | undefined;
  #turn: NodeJS.Immediate | undefined;
  #failure: TerminalError | undefined;
  commitCount = 0;

  constructor(journal: Journal, listener: CommitListener) {
    this.#journal = journal;
    this.#listener = listener;
    this.#collecting = new CommitGroup(1, journal.lastPosition + 1);
  }

  /** The group that a write made now joins. */
  get collecting(): CommitGroup {
    return this.#collecting;
  }

  /** Resolves when the group is on disk; undefined when it is already. */
  whenDurable(number: number): Promise<WriteResult> | undefined {
    if (number === this.#collecting.number) return this.#collecting.durable;
    if (number === this.#inFlight?.number) return this.#inFlight.durable;
    return undefined;
  }

  /** To be called after changes were added to the collecting group. */
  start(): void {
    if (this.#inFlight !== undefined || this.#failure !== undefined) return;
    if (this.#collecting.chars >= charsAtOnce) this.#commit();
    else this.#turn ??= setImmediate(() => this.#commit());
  }

  /** Resolves when everything collected so far is on disk, or has failed. */
  async drained(): Promise<void> {
    for (;;) {
      const last = this.#collecting.versions.length > 0 ? this.#collecting : this.#inFlight;
      if (last === undefined || this.#failure !== undefined) return;
      // A failure is told to the listener and to the writers.
      await last.durable.catch(() => undefined);
    }
  }

  #commit(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const group = this.#collecting;
    this.#inFlight = group;
    this.#collecting = new CommitGroup(group.number + 1, group.lastPosition + 1);
    this.#journal.append(group.versions).then(
      () => this.#committed(group),
      (error: unknown) => this.#fail(error),
    );
  }

  #committed(group: CommitGroup): void {
    this.#inFlight = undefined;
    this.commitCount += 1;
    this.#listener.committed(group);
    group.succeed();
    // Clients answered just now write again before the turn ends: they join the next group.
    if (this.#collecting.versions.length > 0) this.start();
  }

  /** Nothing after a failed commit may be acknowledged: what the disk holds is unknown from here. */
  #fail(cause: unknown): void {
    const failure = new TerminalError(
      "the store could not write its journal and accepts nothing more; free or replace the disk " +
        "and start again",
      { cause },
    );
    this.#failure = failure;
    this.#listener.failed(failure);
    this.#inFlight?.fail(failure);
    this.#collecting.fail(failure);
  }
}
