import type { BackfillPlan, BackfillView } from "../../../shared/contract/http/backfill-views.ts";
import type { BackfillBody } from "../../sdk/schedule-calls.ts";
import type { Command } from "../command.ts";
import { relativeText } from "../durations.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import type { Style } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

/** `switchyard schedule backfill`. */
export const scheduleBackfillCommand: Command = {
  name: "schedule backfill",
  takes: "NAME",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Schedules",
  summary: "Run past slots of a schedule, some at a time",
  details: ["Slots that were fired are left out, unless --all is given."],
  options: {
    from: {
      value: "TIME",
      about: "The first slot is not earlier. A duration counts back from now.",
    },
    to: { value: "TIME", about: "All slots are earlier than that. Default: now." },
    concurrency: { value: "N", about: "Instances that may be open at a time. Default: 1." },
    all: { about: "Run slots that were fired once more, too." },
    "newest-first": { about: "Begin with the newest slot." },
    "dry-run": { about: "Only show which slots these are." },
    reason: { value: "TEXT", about: "Kept with the backfill." },
  },
  examples: [
    "switchyard schedule backfill nightly --from 7d --dry-run",
    "switchyard schedule backfill nightly --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z --concurrency 4",
  ],
  async run({ client, positionals, options, output }) {
    const name = positionals[0] ?? "";
    const range = rangeOf(options, output.nowMs);
    if (options.flag("dry-run")) {
      writePlan(output, await client.schedules.planBackfill(name, range));
      return exitCodes.ok;
    }
    const backfill = await client.schedules.backfill(name, range);
    if (output.mode === "json") output.document(backfill);
    else if (output.mode === "quiet") output.line(backfill.id);
    else output.line(`backfill ${backfill.id} works off ${backfill.total} slots of ${name}`);
    return exitCodes.ok;
  },
};

/** `switchyard schedule backfills`. */
export const scheduleBackfillsCommand: Command = {
  name: "schedule backfills",
  takes: "NAME [ID]",
  positionalsMin: 1,
  positionalsMax: 2,
  group: "Schedules",
  summary: "Show a schedule's backfills, or cancel one",
  options: { cancel: { about: "The backfill ID takes up no further slot." } },
  examples: [
    "switchyard schedule backfills nightly",
    "switchyard schedule backfills nightly bfl_01… --cancel",
  ],
  async run({ client, positionals, options, output }) {
    const [name = "", id] = positionals;
    const found: BackfillView[] = [];
    if (options.flag("cancel")) {
      if (id === undefined) throw new UsageError("--cancel needs the id of a backfill");
      found.push(await client.schedules.cancelBackfill(name, id));
    } else if (id !== undefined) {
      found.push(await client.schedules.showBackfill(name, id));
    } else {
      for await (const each of client.schedules.backfills(name)) found.push(each);
    }
    if (output.mode === "json") for (const each of found) output.item(each);
    else if (output.mode === "quiet") for (const each of found) output.line(each.id);
    else if (found.length === 0) output.remark(`${name} has had no backfill`);
    else writeBackfills(output, found);
    return exitCodes.ok;
  },
};

function rangeOf(options: OptionValues, nowMs: number): BackfillBody {
  const from = options.instant("from", "ago");
  if (from === undefined) throw new UsageError("a backfill needs --from");
  const concurrency = options.wholeNumber("concurrency", 1, 100);
  const reason = options.text("reason");
  return {
    from,
    to: options.instant("to", "ago") ?? new Date(nowMs).toISOString(),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(options.flag("all") ? { slots: "all" as const } : {}),
    ...(options.flag("newest-first") ? { order: "newest_first" as const } : {}),
    ...(reason === undefined ? {} : { reason }),
  };
}

function writePlan(output: Output, plan: BackfillPlan): void {
  if (output.mode === "json") {
    output.document(plan);
    return;
  }
  for (const { nominalAt, fired } of plan.items) {
    if (output.mode === "quiet") output.line(nominalAt);
    else output.line(fired ? `${nominalAt}  was fired before` : nominalAt);
  }
  if (output.mode === "quiet") return;
  const more = plan.total - plan.items.length;
  if (more > 0) output.remark(`and ${more} more`);
  output.remark(`${plan.toRun} of ${plan.total} slots would run, ${plan.leftOut} are left out`);
}

function writeBackfills(output: Output, backfills: readonly BackfillView[]): void {
  output.table<BackfillView>(
    [
      { title: "BACKFILL", text: ({ id }) => id },
      { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOf[state] },
      { title: "DONE", text: doneText, align: "right" },
      { title: "FAILED", text: ({ failed, refused }) => String(failed + refused), align: "right" },
      { title: "SINCE", text: ({ createdAt }) => relativeText(createdAt, output.nowMs) },
      { title: "RANGE", text: ({ from, to }) => `${from} – ${to}`, dropOrder: 1 },
    ],
    backfills,
  );
}

const styleOf: Readonly<Record<BackfillView["state"], Style>> = {
  running: "green",
  cancelled: "yellow",
  finished: "dim",
};

function doneText(backfill: BackfillView): string {
  const { succeeded, failed, refused, leftOut, total } = backfill;
  return `${succeeded + failed + refused + leftOut} of ${total}`;
}
