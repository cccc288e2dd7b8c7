import type { WhatIfFigures, WhatIfView } from "../../../shared/contract/http/comparison-views.ts";
import { durationText } from "../../../shared/core/duration-text.ts";
import type { Output } from "../output.ts";
import { plainText } from "../styles.ts";
import { usdText } from "./receipt-text.ts";

type BeforeAfter = WhatIfFigures["usd"];
type Task = WhatIfFigures["byTask"][number];
type Pair = WhatIfFigures["movedByPair"][number];
type Example = WhatIfFigures["worst"][number];

/** What rules would have changed, in words. */
export function writeWhatIf(output: Output, found: WhatIfView): void {
  const { rules, policy } = found;
  const version = rules.version === undefined ? "" : ` version ${rules.version}`;
  const weighed = policy.name === "balanced" ? ` at $${policy.usdPerSecond}/s` : "";
  output.remark(`${rules.name}${version}, ${policy.name}${weighed}`);
  writeCovered(output, found);
  writeFigures(output, found);
}

/** What the figures rest on. */
export function writeCovered(
  output: Output,
  {
    since,
    until,
    scanned,
    truncated,
  }: Pick<WhatIfView, "since" | "until" | "scanned" | "truncated">,
): void {
  output.remark(`${scanned} instances from ${since} until ${until}`);
  if (truncated === undefined) return;
  const why = truncated.by === "time" ? "time was up" : "that is as many as may be read";
  output.remark(`only those since ${truncated.coveredSince}: ${why}`, "yellow");
}

export function writeFigures(output: Output, found: WhatIfFigures): void {
  for (const { count, meaning } of found.skipped) output.remark(`left out ${count}: ${meaning}`);
  const share = found.instances === 0 ? 0 : (found.moved / found.instances) * 100;
  const { latencyMs, predictedTimeouts } = found;
  output.facts([
    ["moved", `${found.moved} of ${found.instances} (${percentText(share)})`],
    ["cost", changeText(found.usd, (usd) => usdText(usd))],
    ["latency p50", latencyMs && changeText(latencyMs.p50, durationText)],
    ["latency p95", latencyMs && changeText(latencyMs.p95, durationText)],
    ["timeouts", changeText(predictedTimeouts, (count) => String(Number(count.toFixed(1))))],
  ]);
  if (found.moved === 0) return;
  output.line();
  writePairs(output, found.movedByPair);
  output.line();
  writeTasks(output, found.byTask);
  if (found.worst.length === 0) return;
  output.line();
  writeWorst(output, found.worst);
}

function writePairs(output: Output, pairs: readonly Pair[]): void {
  output.table<Pair>(
    [
      { title: "FROM", text: ({ from }) => from, widthMin: 8 },
      { title: "TO", text: ({ to }) => to, widthMin: 8 },
      { title: "MOVED", text: ({ count }) => String(count), align: "right" },
      { title: "COST", text: ({ usdDelta }) => usdText(usdDelta, true), align: "right" },
    ],
    pairs,
  );
}

function writeTasks(output: Output, tasks: readonly Task[]): void {
  output.table<Task>(
    [
      { title: "TASK", text: ({ task }) => task, widthMin: 8 },
      { title: "MOVED", text: ({ moved }) => String(moved), align: "right" },
      { title: "OF", text: ({ instances }) => String(instances), align: "right" },
      { title: "COST", text: ({ usdDelta }) => usdText(usdDelta, true), align: "right" },
      {
        title: "LATENCY",
        text: ({ latencyMsDeltaMean }) => signedDuration(latencyMsDeltaMean),
        align: "right",
      },
    ],
    tasks,
  );
}

function writeWorst(output: Output, worst: readonly Example[]): void {
  output.line(output.paint("dim", "those that would lose most:"));
  output.table<Example>(
    [
      { title: "INSTANCE", text: ({ instanceId }) => instanceId },
      { title: "TASK", text: ({ task }) => task, widthMin: 8, dropOrder: 3 },
      { title: "MOVES", text: ({ from, to }) => `${from} → ${to}`, widthMin: 12 },
      { title: "COST", text: ({ usd }) => usdText(usd.delta, true), align: "right" },
      {
        title: "LATENCY",
        text: ({ latencyMs }) => signedDuration(latencyMs.delta),
        align: "right",
      },
      {
        title: "TIMEOUT",
        text: ({ timeouts }) => (timeouts.delta > 0 ? percentText(timeouts.after * 100) : ""),
        style: () => "red",
        align: "right",
        dropOrder: 1,
      },
      { title: "RULE", text: ({ rule }) => plainText(rule), widthMin: 8, dropOrder: 2 },
    ],
    worst,
  );
}

/** `$12.30 → $9.80 (-20.3 %)`. */
function changeText(
  { before, after, delta }: BeforeAfter,
  text: (value: number) => string,
): string {
  const share = before === 0 || delta === 0 ? "" : ` (${signedPercent((delta / before) * 100)})`;
  return `${text(before)} → ${text(after)}${share}`;
}

function signedDuration(ms: number): string {
  return `${ms < 0 ? "-" : "+"}${durationText(Math.abs(ms))}`;
}

function signedPercent(percent: number): string {
  return `${percent < 0 ? "-" : "+"}${percentText(Math.abs(percent))}`;
}

function percentText(percent: number): string {
  return `${Number(percent.toFixed(1))} %`;
}
