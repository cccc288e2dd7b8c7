import type { FeedChange } from "../../../../shared/ports/store.ts";
import type { CommitGroup } from "./group-commit.ts";

/** The feed's newest changes, so that consumers close behind the writers never read the disk. */
export class FeedTail {
  readonly #changesMax: number;
  readonly #charsMax: number;
  #groups: CommitGroup[] = [];
  /** Groups before this place were dropped; they are cut off in bulk. */
  #first = 0;
  #changes = 0;
  #chars = 0;
  #lastPosition: number;

  constructor(lastPosition: number, changesMax: number, charsMax: number) {
    this.#lastPosition = lastPosition;
    this.#changesMax = changesMax;
    this.#charsMax = charsMax;
  }

  /** The position of the newest durable change. */
  get lastPosition(): number {
    return this.#lastPosition;
  }

  push(group: CommitGroup): void {
    this.#groups.push(group);
    this.#lastPosition = group.lastPosition;
    this.#changes += group.versions.length;
    this.#chars += group.chars;
    while (this.#changes > this.#changesMax || this.#chars > this.#charsMax) {
      const dropped = this.#groups[this.#first];
      if (dropped === undefined) break;
      this.#first += 1;
      this.#changes -= dropped.versions.length;
      this.#chars -= dropped.chars;
    }
    if (this.#first > 32 && this.#first > this.#groups.length / 2) {
      this.#groups = this.#groups.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Up to `limit` changes after `position`; undefined when they are no longer all here. */
  after(position: number, limit: number): FeedChange[] | undefined {
    const oldest = this.#groups[this.#first];
    if (position >= this.#lastPosition) return [];
    if (oldest === undefined || position < oldest.firstPosition - 1) return undefined;
    const changes: FeedChange[] = [];
    for (let place = this.#placeOf(position + 1); place < this.#groups.length; place++) {
      const group = this.#groups[place];
      if (group === undefined) break;
      const skipped = Math.max(0, position + 1 - group.firstPosition);
      const room = limit - changes.length;
      for (const change of feedChangesOf(group, skipped, skipped + room)) changes.push(change);
      if (changes.length >= limit) break;
    }
    return changes;
  }

  /** The place of the group that holds the position. */
  #placeOf(position: number): number {
    let low = this.#first;
    let high = this.#groups.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#groups[middle]?.firstPosition ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The changes of a group from one place to another, with their positions. */
export function feedChangesOf(
  group: CommitGroup,
  start = 0,
  end = group.versions.length,
): FeedChange[] {
  return group.versions.slice(start, end).map(({ key, type, record }, index) => ({
    key,
    type,
    record,
    position: String(group.firstPosition + start + index),
  }));
}
