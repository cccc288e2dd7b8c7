import type { Key, RecordType, StoredRecord } from "../../../../shared/ports/store.ts";
import { keyText } from "../../memory/apply-change.ts";
import { Generation } from "./generation.ts";
import type { LevelDatabase } from "./level-database.ts";
import { RecentRecords, type Version } from "./recent-records.ts";
import { decodeLine } from "./record-line.ts";
import { recordRow } from "./record-rows.ts";

const nothing: Version = { record: undefined, group: 0 };

/** The newest version of every record: recently used ones, two generations, and LevelDB below. */
export class RecordLayers {
  readonly #level: LevelDatabase;
  readonly #recent: RecentRecords;
  #active = new Generation();
  #frozen: Generation | undefined;

  constructor(level: LevelDatabase, recentCharsMax: number) {
    this.#level = level;
    this.#recent = new RecentRecords(recentCharsMax);
  }

  /** The generation that takes new versions. */
  get active(): Generation {
    return this.#active;
  }

  /** The generation on its way to LevelDB. */
  get frozen(): Generation | undefined {
    return this.#frozen;
  }

  /** Newest first. */
  get generations(): readonly Generation[] {
    return this.#frozen === undefined ? [this.#active] : [this.#active, this.#frozen];
  }

  get recentCount(): number {
    return this.#recent.size;
  }

  /** The newest accepted version, on disk yet or not. */
  find(text: string): Version {
    const recent = this.#recent.get(text);
    if (recent !== undefined) return recent;
    const slot = this.#active.get(text) ?? this.#frozen?.get(text);
    if (slot !== undefined) {
      const record = slot.line === undefined ? undefined : decodeLine(slot.line).record;
      return this.#remember(text, { record, group: slot.group }, slot.line);
    }
    const line = this.#level.get(recordRow(text));
    if (line === undefined) return nothing;
    return this.#remember(text, { record: decodeLine(line).record, group: 0 }, line);
  }

  /** Takes over what an accepted change made of a record. */
  put(
    text: string,
    key: Key,
    type: RecordType,
    before: StoredRecord | undefined,
    after: StoredRecord | undefined,
    line: string,
    group: number,
  ): void {
    const stored = after === undefined ? undefined : line;
    this.#active.put(text, key, type, before, after, stored, group);
    this.#remember(text, { record: after, group }, stored);
  }

  /** Takes over a line of the journal, which was accepted in an earlier life. */
  replay(line: string, position: number): void {
    const { key, type, record } = decodeLine(line);
    const text = keyText(key);
    let below: StoredRecord | undefined;
    if (this.#active.get(text) === undefined) {
      const lineBelow = this.#level.get(recordRow(text));
      below = lineBelow === undefined ? undefined : decodeLine(lineBelow).record;
    }
    const stored = record === undefined ? undefined : line;
    this.#active.put(text, key, type, below, record, stored, 0);
    this.#active.lastPosition = position;
  }

  /** Makes the active generation the frozen one and starts a new one. */
  freeze(): Generation {
    const generation = this.#active;
    generation.index();
    this.#frozen = generation;
    this.#active = new Generation();
    return generation;
  }

  /** Forgets the frozen generation, which LevelDB holds now. */
  dropFrozen(): void {
    this.#frozen = undefined;
  }

  #remember(text: string, version: Version, line: string | undefined): Version {
    this.#recent.set(text, version, line?.length ?? 0);
    return version;
  }
}
