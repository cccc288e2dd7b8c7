import { TerminalError } from "../../../../shared/core/errors.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Journal } from "./journal.ts";
import type { LevelDatabase } from "./level-database.ts";
import { materialise } from "./materialise.ts";
import type { RecordLayers } from "./record-layers.ts";
import type { EmbeddedTuning } from "./tuning.ts";

/**
 * Moves generations to LevelDB behind the writers' backs: when one is full, or some time after its
 * first change. One at a time; while it is under way and the next one is full, writers wait.
 */
export class Materialiser {
  readonly #level: LevelDatabase;
  readonly #layers: RecordLayers;
  readonly #journal: Journal;
  readonly #commits: GroupCommit;
  readonly #tuning: EmbeddedTuning;
  readonly #fail: (error: TerminalError) => void;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  #trimmedPosition = 0;

  constructor(
    parts: { level: LevelDatabase; layers: RecordLayers; journal: Journal; commits: GroupCommit },
    tuning: EmbeddedTuning,
    fail: (error: TerminalError) => void,
  ) {
    this.#level = parts.level;
    this.#layers = parts.layers;
    this.#journal = parts.journal;
    this.#commits = parts.commits;
    this.#tuning = tuning;
    this.#fail = fail;
  }

  /** Resolves when there is room for another write; undefined when there is. */
  get room(): Promise<void> | undefined {
    return this.#isFull ? this.#underWay : undefined;
  }

  /** To be called after each change of the active generation. */
  noteWrite(): void {
    if (this.#underWay !== undefined) return;
    if (this.#isFull) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#tuning.materialiseAfterMs).unref();
  }

  /** Lets go of the journal that is both in LevelDB and, as far as asked for, behind its consumers. */
  async trim(position: number): Promise<void> {
    this.#trimmedPosition = Math.max(this.#trimmedPosition, position);
    await this.#releaseJournal();
  }

  /** Resolves when LevelDB holds everything written before the call. */
  async settle(): Promise<void> {
    await this.#commits.drained();
    await this.#underWay;
    if (this.#layers.active.slots.size > 0) this.#start();
    await this.#underWay;
  }

  /** Resolves when nothing is on its way to LevelDB. */
  async atRest(): Promise<void> {
    await this.#underWay;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #isFull(): boolean {
    return this.#layers.active.chars >= this.#tuning.generationCharsMax;
  }

  #start(): void {
    this.stop();
    if (this.#underWay !== undefined || this.#layers.active.slots.size === 0) return;
    this.#underWay = this.#run().catch((cause: unknown) => {
      this.#fail(
        new TerminalError(
          "the store could not bring its records to disk and accepts nothing more",
          {
            cause,
          },
        ),
      );
    });
  }

  async #run(): Promise<void> {
    const generation = this.#layers.freeze();
    // LevelDB must never be ahead of the journal: a crash would leave versions nobody accepted.
    await this.#commits.whenDurable(generation.lastGroup);
    await materialise(this.#level, generation);
    this.#layers.dropFrozen();
    await this.#releaseJournal();
    this.#underWay = undefined;
    if (this.#layers.active.slots.size > 0) this.noteWrite();
  }

  async #releaseJournal(): Promise<void> {
    const { keepFeed } = this.#tuning;
    const passed =
      keepFeed === "until trimmed"
        ? this.#trimmedPosition
        : this.#journal.lastPosition - keepFeed.newestChanges;
    await this.#journal.release(Math.min(passed, this.#level.materialisedPosition));
  }
}
