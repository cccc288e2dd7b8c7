/** A chart of how many runs there are at the same time, in so many columns of text. */
export interface ChartFacts {
  readonly runsP50: readonly number[];
  readonly runsP90: readonly number[];
  readonly from: string;
  readonly to: string;
}

const rows = 8;
const columnsMin = 20;
const columnsMax = 144;

/**
 * Columns of blocks: full ones up to the median, shaded ones up to the time that nine of ten runs keep.
 * Each shows the highest of the buckets that it stands for.
 */
export function chartLines(facts: ChartFacts, width: number): readonly string[] {
  const { runsP50, runsP90 } = facts;
  const top = Math.max(1, ...runsP90);
  const label = String(top).length;
  const room = Math.min(columnsMax, Math.max(columnsMin, width - label - 2));
  const columns = Math.min(room, Math.max(1, runsP90.length));
  const usual = highestOf(runsP50, columns);
  const cautious = highestOf(runsP90, columns);
  const lines: string[] = [];
  for (let row = rows; row >= 1; row--) {
    const left = row === rows ? String(top) : "";
    const cells = usual.map((runs, column) =>
      cellOf(runs / top, (cautious[column] ?? 0) / top, (row - 1) / rows),
    );
    lines.push(`${left.padStart(label)} │${cells.join("")}`.trimEnd());
  }
  lines.push(`${"0".padStart(label)} └${"─".repeat(columns)}`);
  lines.push(`${" ".repeat(label + 2)}${axisText(facts, columns)}`);
  return lines;
}

/** A cell is filled when the value is above its lower edge: one run of a thousand can be seen. */
function cellOf(usual: number, cautious: number, floor: number): string {
  if (usual > floor) return "█";
  return cautious > floor ? "░" : " ";
}

function highestOf(values: readonly number[], columns: number): readonly number[] {
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.length) / columns));
    return Math.max(0, ...values.slice(from, to));
  });
}

/** Beginning, middle and end, as far as there is room. */
function axisText({ from, to }: ChartFacts, columns: number): string {
  const middle = new Date((Date.parse(from) + Date.parse(to)) / 2).toISOString();
  const [first, second, third] = [from, middle, to].map((iso) => `${iso.slice(5, 16)}Z`);
  const space = columns - 3 * "01-01T00:00Z".length;
  if (space < 2) return `${first} … ${third}`;
  const gap = " ".repeat(Math.floor(space / 2));
  return `${first}${gap}${second}${" ".repeat(space - gap.length)}${third}`;
}
