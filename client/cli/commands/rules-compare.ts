import type { RulesComparisonView } from "../../../shared/contract/http/comparison-views.ts";
import { durationText } from "../../../shared/core/duration-text.ts";
import type { Command, CommandCall } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import type { Output } from "../output.ts";
import { usdText } from "../render/receipt-text.ts";
import { writeCovered, writeFigures } from "../render/what-if-text.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

type Experiment = RulesComparisonView["experiments"][number];
type Arm = Experiment["arms"]["control"];

/** `switchyard rules compare`. */
export const rulesCompareCommand: Command = {
  name: "rules compare",
  takes: "",
  positionalsMin: 0,
  positionalsMax: 0,
  group: "Routing",
  summary: "Compare rules in shadow and in experiments with those in force",
  details: [
    "The exit code is 6 when stopping a running experiment is advised, because its candidate fails " +
      "more, or is dearer without being faster, or slower without being cheaper.",
    "With --stop-if-worse the server ends the running experiment when that is clear: with 99.9 % " +
      "confidence and at least a hundred instances of each arm.",
  ],
  options: {
    since: { value: "TIME", about: "Submitted then or later; default: seven days ago." },
    until: { value: "TIME", about: "Submitted before then; default: now." },
    task: { value: "TASK", about: "Only instances of this task." },
    "stop-if-worse": { about: "End the running experiment if its candidate is clearly worse." },
  },
  examples: ["switchyard rules compare --since 24h", "switchyard rules compare --stop-if-worse"],
  async run(call) {
    return call.options.flag("stop-if-worse") ? stopIfWorse(call) : compare(call);
  },
};

async function stopIfWorse({ client, options, output }: CommandCall): Promise<ExitCode> {
  for (const name of ["since", "until", "task"]) {
    if (options.flag(name)) {
      throw new UsageError(`--${name} and --stop-if-worse cannot be combined`);
    }
  }
  const { outcome, verdict } = await client.rules.stopWorseExperiment();
  if (output.mode === "json") output.document({ outcome, verdict });
  else if (output.mode === "quiet") output.line(outcome);
  else {
    const why = verdict === undefined ? "" : `: ${plainText(verdict)}`;
    output.line(`experiment ${outcome}${why}`);
  }
  return outcome === "stopped" ? exitCodes.outOfBounds : exitCodes.ok;
}

async function compare({ client, options, output }: CommandCall): Promise<ExitCode> {
  const found = await client.rules.compare({
    since: options.instant("since", "ago"),
    until: options.instant("until", "ago"),
    task: options.text("task"),
  });
  if (output.mode === "json") output.document(found);
  else if (output.mode === "quiet") {
    for (const { candidate, stopAdvised } of found.experiments) {
      output.line(`${candidate} ${stopAdvised ? "worse" : "fine"}`);
    }
  } else writeComparison(output, found);
  const stop = found.experiments.some(({ running, stopAdvised }) => running && stopAdvised);
  return stop ? exitCodes.outOfBounds : exitCodes.ok;
}

function writeComparison(output: Output, found: RulesComparisonView): void {
  writeCovered(output, found);
  if (found.shadows.length + found.experiments.length === 0) {
    output.line("no rules were in shadow or in an experiment");
  }
  for (const shadow of found.shadows) {
    output.line(output.paint("bold", `version ${shadow.version} in shadow`));
    writeFigures(output, shadow);
    output.line();
  }
  for (const experiment of found.experiments) writeExperiment(output, experiment);
}

function writeExperiment(output: Output, experiment: Experiment): void {
  const { control, candidate, running, arms, verdict, stopAdvised } = experiment;
  const state = running ? "running" : "over";
  output.line(output.paint("bold", `version ${candidate} tried against ${control}, ${state}`));
  output.line(plainText(verdict));
  if (stopAdvised) output.line(output.paint("red", "stopping is advised"));
  output.table<readonly [string, Arm]>(
    [
      { title: "ARM", text: ([name]) => name },
      { title: "INSTANCES", text: ([, { count }]) => String(count), align: "right" },
      { title: "FAILED", text: ([, { failures }]) => String(failures), align: "right" },
      { title: "COST EACH", text: ([, { usdMean }]) => usdText(usdMean), align: "right" },
      { title: "P50", text: ([, { latencyMsP50 }]) => timeText(latencyMsP50), align: "right" },
      { title: "P95", text: ([, { latencyMsP95 }]) => timeText(latencyMsP95), align: "right" },
    ],
    Object.entries(arms),
  );
  output.line();
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? "" : durationText(ms);
}
