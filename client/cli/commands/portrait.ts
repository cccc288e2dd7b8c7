import type {
  CollisionView,
  PortraitView,
  SpreadView,
} from "../../../shared/contract/http/portrait-views.ts";
import type { Command } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OptionValues } from "../option-values.ts";
import type { Output } from "../output.ts";
import { chartLines } from "../render/portrait-chart.ts";
import { usdText } from "../render/receipt-text.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

const hoursOption = { value: "N", about: "24 (the default) or 168: a day or a week." } as const;
const concurrencyOption = {
  value: "N",
  about: "The account's concurrency of Lambda. Default: 1000, assumed.",
} as const;

/** Rows of each table: the rest is in the JSON. */
const rowsMax = 10;

/** `switchyard portrait`. */
export const portraitCommand: Command = {
  name: "portrait",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Schedules",
  summary: "Foresee what all schedules do together, and where they collide",
  details: [
    "Shows how many runs there are at the same time when each takes its median (full) and longer than nine of ten do (shaded), by what was learned of each task: see docs/portrait.md.",
  ],
  options: {
    hours: hoursOption,
    group: { value: "NAME", about: "Only what concerns the schedules of this group." },
    "lambda-concurrency": concurrencyOption,
  },
  examples: ["switchyard portrait", "switchyard portrait --hours 168 --group nightly"],
  async run({ client, options, output }) {
    const group = options.text("group");
    const lambdaConcurrency = options.wholeNumber("lambda-concurrency", 1, 9_999_999);
    const view = await client.portrait.show({ hours: hoursOf(options), group, lambdaConcurrency });
    if (output.mode === "json") output.document(view);
    else if (output.mode === "quiet") for (const { id } of view.collisions) output.line(id);
    else writePortrait(output, view, lambdaConcurrency);
    return exitCodes.ok;
  },
};

/** `switchyard portrait spread`. */
export const portraitSpreadCommand: Command = {
  name: "portrait spread",
  takes: "COLLISION",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Schedules",
  summary: "Give schedules that collide the jitter that the portrait proposes",
  details: [
    "Changes the schedules as switchyard schedule set does: their slots count anew from now. Refused when one of them was changed since.",
  ],
  options: {
    hours: { value: "N", about: "Of the portrait that shows it: 24 (the default) or 168." },
    group: { value: "NAME", about: "Of the portrait that shows it, if it was of a group." },
    "lambda-concurrency": concurrencyOption,
    "dry-run": { about: "Say what would be changed, and change nothing." },
  },
  examples: ["switchyard portrait spread col_0123456789abcdef01234567 --dry-run"],
  async run({ client, positionals, options, output }) {
    const hours = hoursOf(options);
    const lambdaConcurrency = options.wholeNumber("lambda-concurrency", 1, 9_999_999);
    const group = options.text("group");
    const spread = await client.portrait.spread({
      collision: positionals[0] ?? "",
      dryRun: options.flag("dry-run"),
      ...(hours === undefined ? {} : { hours }),
      ...(group === undefined ? {} : { group }),
      ...(lambdaConcurrency === undefined ? {} : { lambdaConcurrency }),
    });
    if (output.mode === "json") output.document(spread);
    else if (output.mode === "quiet") for (const { name } of spread.schedules) output.line(name);
    else writeSpread(output, spread);
    const isRefused = spread.schedules.some(({ outcome }) => outcome === "refused");
    return isRefused ? exitCodes.failed : exitCodes.ok;
  },
};

function hoursOf(options: OptionValues): 24 | 168 | undefined {
  const text = options.text("hours");
  if (text === undefined) return undefined;
  if (text === "24") return 24;
  if (text === "168") return 168;
  throw new UsageError(`--hours takes 24 or 168, not "${text}"`);
}

function writePortrait(
  output: Output,
  view: PortraitView,
  lambdaConcurrency: number | undefined,
): void {
  const { total, basis, collisions, collisionCount } = view;
  const { peak } = total;
  output.facts([
    ["from", `${view.from} to ${view.to}`],
    ["group", view.group],
    [
      "schedules",
      `${view.schedules}; run times by history ${basis.history}, estimate ${basis.estimate}, guess ${basis.unknown}`,
    ],
    [
      "starts",
      `${countText(total.starts)}, at most ${countText(total.startsPerMinuteMax)} a minute`,
    ],
    [
      "runs",
      `at most ${peak.runsP90} at the same time (${peak.runsP50} by medians), at ${peak.at}`,
    ],
    ["cost", `${usdText(total.usd)} by list prices`],
  ]);
  output.line();
  const { runsP50, runsP90 } = total.curve;
  const chart = { runsP50, runsP90, from: view.from, to: view.to };
  const width = Number.isFinite(output.terminal.columns) ? output.terminal.columns : 100;
  for (const line of chartLines(chart, width)) output.line(line);
  output.line();
  writeCapacities(output, view);
  writeMany(output, view);
  if (collisions.length === 0) output.line("no collisions");
  const same = [
    ...(view.hours === 24 ? [] : [`--hours ${view.hours}`]),
    ...(view.group === undefined ? [] : [`--group ${view.group}`]),
    ...(lambdaConcurrency === undefined ? [] : [`--lambda-concurrency ${lambdaConcurrency}`]),
  ].join(" ");
  for (const collision of collisions) writeCollision(output, collision, same);
  if (collisionCount > collisions.length) {
    output.remark(`and ${collisionCount - collisions.length} more collisions`);
  }
  for (const note of view.notes) output.remark(note);
}

function writeCapacities(output: Output, { capacities }: PortraitView): void {
  if (capacities.length === 0) return;
  output.table<PortraitView["capacities"][number]>(
    [
      { title: "CAPACITY", text: ({ name }) => name, widthMin: 12 },
      { title: "BOUND", text: boundText },
      { title: "HIGHEST", text: highestText, align: "right" },
      { title: "SCHEDULES", text: ({ schedules }) => String(schedules), align: "right" },
      { title: "BASIS", text: ({ basis }) => basis, dropOrder: 1 },
    ],
    capacities.slice(0, rowsMax),
  );
  output.line();
}

function boundText({ kind, max, perSeconds }: PortraitView["capacities"][number]): string {
  return kind === "slots" ? `${max} slots` : `${max} starts in ${perSeconds ?? 1} s`;
}

function highestText({ kind, highest }: PortraitView["capacities"][number]): string {
  return kind === "slots" ? String(highest) : `${highest} s late`;
}

type Many = Pick<PortraitView["total"], "schedules" | "starts" | "usd" | "peak"> & {
  readonly what: string;
};

function writeMany(output: Output, { groups, tasks }: PortraitView): void {
  const rows: readonly Many[] = [
    ...groups.slice(0, rowsMax).map((each) => ({ ...each, what: `group ${each.group}` })),
    ...tasks.slice(0, rowsMax).map((each) => ({ ...each, what: `task ${each.task}` })),
  ];
  if (rows.length === 0) return;
  output.table<Many>(
    [
      { title: "OF", text: ({ what }) => what, widthMin: 12 },
      { title: "RUNS", text: ({ peak }) => `${peak.runsP90}`, align: "right" },
      { title: "AT", text: ({ peak }) => peak.at.slice(0, 16), dropOrder: 1 },
      { title: "STARTS", text: ({ starts }) => countText(starts), align: "right" },
      { title: "COST", text: ({ usd }) => usdText(usd), align: "right", dropOrder: 2 },
      { title: "SCHEDULES", text: ({ schedules }) => String(schedules), align: "right" },
    ],
    rows,
  );
  output.line();
}

/** With what it takes to be shown the same collision again. */
function writeCollision(output: Output, collision: CollisionView, same: string): void {
  const { id, message, likely, estimated, proposal } = collision;
  output.line(output.paint(likely ? "red" : "yellow", plainText(message)));
  const doubts = [
    ...(likely ? [] : ["only if runs take long"]),
    ...(estimated ? ["estimated"] : []),
  ];
  const how = proposal === undefined ? [] : [`switchyard portrait spread ${id} ${same}`.trimEnd()];
  const more = [...doubts, ...how].join("; ");
  if (more !== "") output.line(`  ${more}`);
}

function writeSpread(output: Output, { schedules, dryRun, changed }: SpreadView): void {
  output.table<SpreadView["schedules"][number]>(
    [
      { title: "SCHEDULE", text: ({ name }) => name, widthMin: 12 },
      { title: "JITTER", text: ({ jitterSeconds: { before, after } }) => `${before} → ${after} s` },
      { title: "OUTCOME", text: ({ outcome }) => outcome.replaceAll("_", " ") },
      { title: "PROBLEM", text: ({ problem }) => problem?.detail ?? "", dropOrder: 1 },
    ],
    schedules,
  );
  output.remark(dryRun ? "nothing was changed" : `${changed} schedules were changed`);
}

function countText(count: number): string {
  return String(Math.round(count));
}
