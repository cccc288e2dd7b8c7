import type { Version } from "./version.ts";

const overheadChars = 200;
const averageChars = 800;

/**
 * The versions used last, parsed, up to a number of characters of their JSON. Two halves: when the
 * young one is full it becomes the old one, and what nobody used since falls away. A hit costs one
 * look-up, and nothing is kept in order.
 */
export class RecentVersions {
  readonly #charsMax: number;
  #young = new Map<string, Version>();
  #old = new Map<string, Version>();
  #youngChars = 0;

  constructor(charsMax: number) {
    this.#charsMax = charsMax;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(text: string): Version | undefined {
    return this.#young.get(text) ?? this.#rejuvenated(text);
  }

  /** `chars` is about how large the record is as JSON. */
  set(version: Version, chars = averageChars): void {
    this.#young.set(version.text, version);
    this.#youngChars += chars + overheadChars;
    if (this.#youngChars <= this.#charsMax / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngChars = 0;
  }

  delete(text: string): void {
    this.#young.delete(text);
    this.#old.delete(text);
  }

  #rejuvenated(text: string): Version | undefined {
    const version = this.#old.get(text);
    // What it weighs is not known any more; an average keeps the bound honest enough.
    if (version !== undefined) this.set(version);
    return version;
  }
}
