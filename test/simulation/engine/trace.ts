/** What happened in a run, as a running hash; the text is kept only when someone wants to read it. */
export class Trace {
  readonly lines: string[] | undefined;
  #high = 0x811c9dc5;
  #low = 0x1234567;
  #count = 0;

  constructor(keepLines: boolean) {
    this.lines = keepLines ? [] : undefined;
  }

  add(atMs: number, text: string): void {
    this.#count += 1;
    this.#mix(atMs);
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
    this.lines?.push(`${(atMs / 1_000).toFixed(3).padStart(9)} ${text}`);
  }

  /** Equal for two runs exactly when every event was the same, at the same time, in the same order. */
  digest(): string {
    const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
    return `${hex(this.#high)}${hex(this.#low)}-${this.#count}`;
  }

  #mix(value: number): void {
    this.#high = Math.imul(this.#high ^ value, 0x01000193);
    this.#low = Math.imul(this.#low + value, 0x9e3779b1) ^ (this.#low >>> 15);
  }
}
