import type { TaskStatsView } from "../../../shared/contract/http/operation-views.ts";
import { durationText } from "../../../shared/core/duration-text.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Column } from "../text-table.ts";

type Figures = TaskStatsView["total"] & { readonly name: string };

/** `switchyard stats`. */
export const statsCommand: Command = {
  name: "stats",
  takes: "TASK",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Tasks",
  summary: "Show a task's counts and times",
  options: { hours: { value: "N", about: "How many hours back; default 24." } },
  examples: ["switchyard stats resize --hours 48"],
  async run({ client, positionals, options, output }) {
    const hours = options.wholeNumber("hours", 1, 100_000);
    const stats = await client.stats(positionals[0] ?? "", hours === undefined ? {} : { hours });
    if (output.mode === "json") {
      output.document(stats);
      return exitCodes.ok;
    }
    output.remark(`${stats.task} from ${stats.from} until ${stats.until}`);
    output.table(figureColumns("BACKEND"), [
      { ...stats.total, name: "all" },
      ...stats.backends.map((figures) => ({ ...figures, name: figures.backend })),
    ]);
    const busy = stats.hours.filter(({ submitted, attempts }) => submitted + attempts > 0);
    if (busy.length > 0) {
      output.line();
      output.table(
        figureColumns("HOUR (UTC)"),
        busy.map((figures) => ({ ...figures, name: figures.hour.slice(0, 16).replace("T", " ") })),
      );
    }
    return exitCodes.ok;
  },
};

function figureColumns(first: string): readonly Column<Figures>[] {
  return [
    { title: first, text: ({ name }) => name, widthMin: 8 },
    { title: "SUBMITTED", text: ({ submitted }) => String(submitted), align: "right" },
    { title: "OK", text: ({ finished }) => String(finished.succeeded ?? 0), align: "right" },
    {
      title: "NOT OK",
      text: ({ finished }) => String(unsuccessful(finished)),
      style: ({ finished }) => (unsuccessful(finished) > 0 ? "red" : undefined),
      align: "right",
    },
    { title: "TRIES", text: ({ attempts }) => String(attempts), align: "right", dropOrder: 2 },
    { title: "RUN P50", text: ({ run }) => timeText(run.p50Ms), align: "right" },
    { title: "RUN P95", text: ({ run }) => timeText(run.p95Ms), align: "right" },
    { title: "WAIT P95", text: ({ wait }) => timeText(wait.p95Ms), align: "right", dropOrder: 1 },
  ];
}

function unsuccessful(finished: Figures["finished"]): number {
  const { succeeded: _, ...others } = finished;
  return Object.values(others).reduce((sum, count) => sum + (count ?? 0), 0);
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? "" : durationText(ms);
}
