/**
 * Remembers at least half of, and at most, so many of the newest texts. Two generations instead of
 * one ordered set: dropping the oldest entry of a large set one by one is not cheap.
 */
export class RecentSet {
  readonly #generationMax: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(sizeMax: number) {
    this.#generationMax = Math.max(1, Math.floor(sizeMax / 2));
  }

  has(item: string): boolean {
    return this.#young.has(item) || this.#old.has(item);
  }

  add(item: string): void {
    this.#young.add(item);
    if (this.#young.size < this.#generationMax) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  delete(item: string): void {
    this.#young.delete(item);
    this.#old.delete(item);
  }
}
