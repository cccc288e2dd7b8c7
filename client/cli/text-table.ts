import { type Paint, plainText, type Style } from "./styles.ts";

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
  readonly align?: "right";
  /** Cut to no less than this when the line is too narrow; absent = never cut. */
  readonly widthMin?: number;
  /** Left out when empty or when the line is too narrow, the highest number first; absent = never. */
  readonly dropOrder?: number;
}

const gap = 2;

/** Lines of a table that fit the width: columns are cut, then left out, before any line wraps. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  paint: Paint,
): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => plainText(column.text(row))));
  const natural = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => cellWidth(line[index] ?? ""))),
  );
  const filled = (index: number): boolean => cells.some((line) => line[index] !== "");
  const widths = fitWidths(columns, natural, width, filled);
  const shown = columns.flatMap((column, index) => {
    const cellsWide = widths[index];
    return cellsWide === undefined ? [] : [{ column, index, cellsWide }];
  });
  const line = (
    textOf: (index: number) => string,
    styleOf: (column: Column<Row>) => Style | undefined,
  ) =>
    shown
      .map(({ column, index, cellsWide }, place) => {
        const cut = cutTo(textOf(index), cellsWide);
        const style = styleOf(column);
        const painted = style === undefined ? cut : paint(style, cut);
        const pad = " ".repeat(Math.max(0, cellsWide - cellWidth(cut)));
        if (column.align === "right") return pad + painted;
        return place === shown.length - 1 ? painted : painted + pad;
      })
      .join(" ".repeat(gap))
      .trimEnd();
  return [
    line(
      (index) => columns[index]?.title ?? "",
      () => "bold",
    ),
    ...rows.map((row, rowIndex) =>
      line(
        (index) => cells[rowIndex]?.[index] ?? "",
        (column) => column.style?.(row),
      ),
    ),
  ];
}

/** The width of each column, undefined where it is left out: for want of room, or of content. */
function fitWidths<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number,
  filled: (index: number) => boolean,
): readonly (number | undefined)[] {
  const widths = natural.map((each, index) =>
    columns[index]?.dropOrder === undefined || filled(index) ? each : undefined,
  );
  const excess = (): number => {
    const present = widths.filter((each) => each !== undefined);
    return present.reduce((sum, each) => sum + each, 0) + gap * (present.length - 1) - width;
  };
  const cutting = (): void => {
    for (const [index, { widthMin }] of columns.entries()) {
      const present = widths[index];
      const over = excess();
      if (widthMin === undefined || present === undefined || over <= 0) continue;
      widths[index] = Math.max(Math.min(widthMin, present), present - over);
    }
  };
  cutting();
  while (excess() > 0) {
    const drop = dropNext(columns, widths);
    if (drop === undefined) return widths;
    widths[drop] = undefined;
    // The room it leaves goes back to those that were cut.
    for (const [index, each] of natural.entries()) {
      if (widths[index] !== undefined) widths[index] = each;
    }
    cutting();
  }
  return widths;
}

function dropNext<Row>(
  columns: readonly Column<Row>[],
  widths: readonly (number | undefined)[],
): number | undefined {
  let next: number | undefined;
  for (const [index, { dropOrder }] of columns.entries()) {
    if (dropOrder === undefined || widths[index] === undefined) continue;
    if (next === undefined || dropOrder > (columns[next]?.dropOrder ?? 0)) next = index;
  }
  return next;
}

export function cutTo(text: string, width: number): string {
  if (cellWidth(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const character of text) {
    used += cellWidth(character);
    if (used > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Cells that a text takes: East Asian wide characters and emoji take two, marks none. */
export function cellWidth(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let cells = 0;
  for (const character of text) {
    if (/^(?:\p{M}|\u200b|\u200c|\u200d)$/u.test(character)) continue;
    cells += wide.test(character) ? 2 : 1;
  }
  return cells;
}

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
