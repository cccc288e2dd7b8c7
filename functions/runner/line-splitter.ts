/** Cuts a stream of text into lines without looking at any character twice. */
export class LineSplitter {
  #parts: string[] = [];
  #pendingChars = 0;

  /** Characters of the line that has not ended yet. */
  get pendingChars(): number {
    return this.#pendingChars;
  }

  /** The lines that this chunk completes. */
  push(chunk: string): readonly string[] {
    const lines = chunk.split("\n");
    const rest = lines.pop() ?? "";
    const first = lines[0];
    if (first === undefined) {
      this.#parts.push(rest);
      this.#pendingChars += rest.length;
      return lines;
    }
    if (this.#parts.length > 0) lines[0] = this.#parts.join("") + first;
    this.#parts = rest === "" ? [] : [rest];
    this.#pendingChars = rest.length;
    return lines;
  }
}
