import { plainText } from "../styles.ts";
import type { Terminal } from "../terminal.ts";
import { cutTo } from "../text-table.ts";

/** A block of lines on a terminal that is rewritten in place; elsewhere nothing is shown. */
export class LiveLines {
  readonly #terminal: Terminal;
  #shown = 0;
  #text = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(lines: readonly string[]): void {
    if (!this.#terminal.errIsTty) return;
    const rowsMax = Math.max(1, this.#terminal.rows - 2);
    const width = Number.isFinite(this.#terminal.columns) ? this.#terminal.columns : 80;
    const fitting =
      lines.length <= rowsMax
        ? lines
        : [...lines.slice(0, rowsMax - 1), `… and ${lines.length - rowsMax + 1} more`];
    const text = fitting.map((line) => `${cutTo(plainText(line), width - 1)}\u001b[K\n`).join("");
    if (text === this.#text) return;
    this.#terminal.err(`${this.#up()}${text}\u001b[J`);
    this.#shown = fitting.length;
    this.#text = text;
  }

  /** Takes the block away, so that what follows stands in its place. */
  clear(): void {
    if (this.#shown > 0) this.#terminal.err(`${this.#up()}\u001b[J`);
    this.#shown = 0;
    this.#text = "";
  }

  #up(): string {
    return this.#shown === 0 ? "" : `\u001b[${this.#shown}A\r`;
  }
}
