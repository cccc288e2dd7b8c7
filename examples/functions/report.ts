import { setImmediate as breathe } from "node:timers/promises";
import { defineTask } from "../../client/task/define-task.ts";
import { FinalError } from "../../client/task/final-error.ts";

interface ReportInput {
  /** Comma-separated lines; the first one names the columns. */
  readonly csv: string;
  readonly groupBy: string;
  readonly sum: string;
}

interface Group {
  readonly key: string;
  readonly rows: number;
  readonly sum: number;
}

const rowsPerBreath = 1_000;

/** Sums one column of a table by the values of another, with progress and a log of what it skips. */
export const handler = defineTask({
  input: { parse: parseInput },
  handler: async ({ csv, groupBy, sum }, { heartbeat, log, signal }) => {
    const [header = "", ...rows] = csv.trim().split(/\r?\n/);
    const columns = header.split(",").map((name) => name.trim());
    const keyColumn = columnNamed(columns, groupBy);
    const sumColumn = columnNamed(columns, sum);
    log.info("reading", { rows: rows.length, columns: columns.length });
    const groups = new Map<string, Group>();
    let skipped = 0;
    for (const [index, row] of rows.entries()) {
      const cells = row.split(",").map((cell) => cell.trim());
      const amount = Number(cells[sumColumn] || Number.NaN);
      if (Number.isFinite(amount)) {
        addTo(groups, cells[keyColumn] ?? "", amount);
      } else {
        skipped += 1;
        log.warn("no number in this row", { line: index + 2, column: sum });
      }
      if (index % rowsPerBreath === rowsPerBreath - 1) {
        heartbeat({ rows: index + 1, of: rows.length });
        await breathe();
        signal.throwIfAborted();
      }
    }
    log.info("done", { groups: groups.size, skipped });
    const sorted = [...groups.values()].sort((left, right) => right.sum - left.sum);
    return { rows: rows.length - skipped, skipped, groups: sorted };
  },
});

function addTo(groups: Map<string, Group>, key: string, amount: number): void {
  const { rows, sum } = groups.get(key) ?? { rows: 0, sum: 0 };
  groups.set(key, { key, rows: rows + 1, sum: sum + amount });
}

function columnNamed(columns: readonly string[], name: string): number {
  const index = columns.indexOf(name);
  // The same table will not have the column next time either.
  if (index < 0) throw new FinalError(`no column "${name}"; there are ${columns.join(", ")}`);
  return index;
}

function parseInput(value: unknown): ReportInput {
  const { csv, groupBy, sum } = Object(value) as Partial<Record<keyof ReportInput, unknown>>;
  if (typeof csv !== "string" || typeof groupBy !== "string" || typeof sum !== "string") {
    throw new TypeError('it needs the texts "csv", "groupBy" and "sum"');
  }
  return { csv, groupBy, sum };
}
