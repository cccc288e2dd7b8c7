import type { Key } from "../../../../shared/ports/store.ts";
import { keyText } from "../../memory/apply-change.ts";
import { Generation } from "./generation.ts";
import type { FrameLine } from "./journal-frame.ts";
import type { LevelDatabase } from "./level-database.ts";
import { RecentVersions } from "./recent-versions.ts";
import { decodeLine } from "./record-line.ts";
import { recordRow } from "./record-rows.ts";
import { StoredKeys } from "./stored-keys.ts";
import type { EmbeddedTuning } from "./tuning.ts";
import { absent, newVersion, type Version } from "./version.ts";

/** The newest version of every record: two generations, recently used ones, and LevelDB below. */
export class RecordLayers {
  readonly #level: LevelDatabase;
  readonly #recent: RecentVersions;
  readonly #storedKeys: StoredKeys;
  #active = new Generation();
  #frozen: Generation | undefined;

  constructor(level: LevelDatabase, tuning: EmbeddedTuning) {
    this.#level = level;
    this.#recent = new RecentVersions(tuning.recentCharsMax);
    this.#storedKeys = new StoredKeys(level, tuning.missesUntilLearning);
  }

  /** The generation that takes new versions. */
  get active(): Generation {
    return this.#active;
  }

  /** Newest first. */
  get generations(): readonly Generation[] {
    return this.#frozen === undefined ? [this.#active] : [this.#active, this.#frozen];
  }

  get recentCount(): number {
    return this.#recent.size;
  }

  /** The newest accepted version, on disk yet or not. */
  find(key: Key, text: string): Pick<Version, "record" | "group"> {
    const slot = this.#active.slots.get(text) ?? this.#frozen?.slots.get(text);
    if (slot !== undefined) return slot.version;
    return this.#recent.get(text) ?? this.#stored(key, text) ?? absent;
  }

  /** Takes over a change of the journal, which was accepted in an earlier life. */
  replay(payload: Buffer, { position, start, end }: FrameLine): void {
    const { key, type, record } = decodeLine(payload.toString("utf8", start, end));
    const text = keyText(key);
    const isKnown = this.#active.slots.has(text);
    const below = isKnown ? undefined : this.#stored(key, text)?.record;
    const version = newVersion(key, text, type, record, 0, undefined);
    version.bytes = payload;
    version.start = start;
    version.end = end;
    this.#active.put(version, below);
    this.#active.lastPosition = position;
  }

  /** Makes the active generation the frozen one and starts a new one. */
  freeze(): Generation {
    const generation = this.#active;
    this.#frozen = generation;
    this.#active = new Generation();
    return generation;
  }

  /** Forgets the frozen generation, which LevelDB holds now; its records count as recently used. */
  dropFrozen(): void {
    if (this.#frozen === undefined) return;
    for (const { version, isBelow } of this.#frozen.slots.values()) {
      version.bytes = undefined;
      if (version.record === undefined) {
        this.#recent.delete(version.text);
        continue;
      }
      this.#recent.set(version, version.end - version.start);
      if (!isBelow) this.#storedKeys.add(version.text);
    }
    this.#frozen = undefined;
  }

  close(): Promise<void> {
    return this.#storedKeys.close();
  }

  #stored(key: Key, text: string): Version | undefined {
    if (!this.#storedKeys.mayHold(text)) return undefined;
    const line = this.#level.get(recordRow(text));
    if (line === undefined) {
      this.#storedKeys.noteMiss();
      return undefined;
    }
    const { type, record } = decodeLine(line);
    const version = newVersion(key, text, type, record, 0, undefined);
    this.#recent.set(version, line.length);
    return version;
  }
}
