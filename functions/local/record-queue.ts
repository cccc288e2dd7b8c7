import { limits } from "../../shared/core/limits.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { RecordHint, RecordHints } from "../../shared/ports/record-hints.ts";
import { TimedHints } from "./timed-hints.ts";

/** Who looks at what; a kind that nobody looks at on this host is passed over. */
export type RecordLooks = {
  readonly [Kind in RecordHint["kind"]]?: (
    hint: Extract<RecordHint, { kind: Kind }>,
  ) => Promise<void>;
};

/** Looks under way at once; more wait their turn. */
const atOnceMax = 64;

/** What the intake queue is on AWS: hints about records, each looked at when its time has come. */
export class RecordQueue implements RecordHints {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timed: TimedHints<RecordHint>;
  readonly #ready = new Map<string, RecordHint>();
  readonly #looks: () => RecordLooks;
  #looking = 0;
  #closed = false;

  constructor(clock: Clock, log: Log, looks: () => RecordLooks) {
    this.#clock = clock;
    this.#log = log;
    this.#looks = looks;
    this.#timed = new TimedHints(clock, (hints) => this.#enqueue(hints));
  }

  send(hints: readonly RecordHint[]): Promise<void> {
    const nowMs = this.#clock.now();
    const now: RecordHint[] = [];
    for (const hint of hints) {
      const { notBeforeMs } = hint;
      if (notBeforeMs === undefined || notBeforeMs <= nowMs) now.push(hint);
      else if (notBeforeMs - nowMs <= limits.timekeeperHorizonMs)
        this.#timed.add(notBeforeMs, hint);
    }
    this.#enqueue(now);
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#timed.close();
    this.#ready.clear();
  }

  #enqueue(hints: readonly RecordHint[]): void {
    for (const hint of hints) this.#ready.set(nameOf(hint), hint);
    this.#lookAtNext();
  }

  #lookAtNext(): void {
    for (const [name, hint] of this.#ready) {
      if (this.#looking >= atOnceMax || this.#closed) return;
      this.#ready.delete(name);
      this.#looking += 1;
      void this.#look(hint).finally(() => {
        this.#looking -= 1;
        this.#lookAtNext();
      });
    }
  }

  async #look(hint: RecordHint): Promise<void> {
    const look = this.#looks()[hint.kind] as ((hint: RecordHint) => Promise<void>) | undefined;
    try {
      await look?.(hint);
    } catch (error) {
      this.#log.error("look at a record failed; its wake comes back to it", {
        kind: hint.kind,
        name: hint.name,
        cause: error instanceof Error ? error.message : String(error),
      });
    }
  }
}

function nameOf(hint: RecordHint): string {
  const { kind, tenant, name } = hint;
  const id = "id" in hint ? hint.id : "of" in hint ? hint.of : "";
  return [kind, tenant, name, id].join("#");
}
