import { type Paint, paintWith, plainText, type Style } from "./styles.ts";
import type { Terminal } from "./terminal.ts";
import { type Column, tableLines } from "./text-table.ts";

export type OutputMode = "human" | "json" | "quiet";

/** Writes results in the form that was asked for, and remarks beside them. */
export class Output {
  readonly terminal: Terminal;
  readonly mode: OutputMode;
  readonly paint: Paint;
  readonly #paintRemark: Paint;

  constructor(terminal: Terminal, mode: OutputMode) {
    this.terminal = terminal;
    this.mode = mode;
    this.paint = paintWith(terminal.outColours);
    this.#paintRemark = paintWith(terminal.errColours);
  }

  get nowMs(): number {
    return this.terminal.nowMs();
  }

  line(text = ""): void {
    this.terminal.out(`${text}\n`);
  }

  /** One JSON document. */
  document(value: unknown): void {
    this.line(safeJson(JSON.stringify(value, undefined, 2)));
  }

  /** One item of a list, as a line of JSON. */
  item(value: unknown): void {
    this.line(safeJson(JSON.stringify(value)));
  }

  /** A hint or progress for a person; never mixed into results, and left out for scripts. */
  remark(text: string, style: Style = "dim"): void {
    if (this.mode === "human") this.terminal.err(`${this.#paintRemark(style, text)}\n`);
  }

  /** What went wrong with one of several things; said in every mode. */
  complain(text: string): void {
    this.terminal.err(`${this.#paintRemark("red", plainText(text))}\n`);
  }

  /** Without its heading a table continues the one above it. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], heading = true): void {
    const lines = tableLines(columns, rows, this.terminal.columns, this.paint);
    for (const line of heading ? lines : lines.slice(1)) this.line(line);
  }

  /** Lines of a name and a value, the values below each other; absent ones are left out. */
  facts(facts: readonly (readonly [string, string | undefined])[]): void {
    const present = facts.filter(([, value]) => value !== undefined);
    const width = Math.max(0, ...present.map(([name]) => name.length));
    for (const [name, value] of present) {
      this.line(`${this.paint("dim", name.padEnd(width))}  ${value ?? ""}`);
    }
  }
}

/** JSON leaves some control characters as they are; escaped they mean the same and steer nothing. */
function safeJson(text: string): string {
  return plainText(text, true);
}
