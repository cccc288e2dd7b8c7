/** Keeps every value, so that its quantiles are exact; eight bytes each. */
export class ExactQuantiles {
  #values = new Float64Array(1_024);
  #count = 0;
  #sorted = true;

  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count] = value;
    this.#count += 1;
    this.#sorted = false;
  }

  /** The smallest value that at least the share `q` of them do not exceed; undefined of none. */
  quantile(q: number): number | undefined {
    if (!this.#sorted) {
      this.#values.subarray(0, this.#count).sort();
      this.#sorted = true;
    }
    return this.#values.subarray(0, this.#count).at(Math.max(0, Math.ceil(q * this.#count) - 1));
  }
}
