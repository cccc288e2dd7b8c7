import type { WhatIfView } from "../../../shared/contract/http/comparison-views.ts";
import type { Command, CommandCall } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { writeWhatIf } from "../render/what-if-text.ts";
import { readRulesFile } from "../rules-file.ts";
import { plainText } from "../styles.ts";
import { type Bounds, boundsOf, broken } from "../what-if-bounds.ts";

const thirtyDaysMs = 30 * 86_400_000;

/** `switchyard rules test`. */
export const rulesTestCommand: Command = {
  name: "rules test",
  takes: "FILE",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Routing",
  summary: "Try the rules of a file on history, without changing anything",
  details: [
    "Repeats the decisions of stored instances by these rules and compares money, time and timeouts. " +
      "All figures are estimates by list prices.",
    "With bounds the exit code is 6 when one is exceeded, so that it can check a change of the rules " +
      "before it is merged.",
  ],
  options: {
    since: { value: "TIME", about: "Submitted then or later, such as 30d (the default)." },
    until: { value: "TIME", about: "Submitted before then; default: now." },
    task: { value: "TASK", about: "Only instances of this task." },
    limit: { value: "N", about: "Read so many instances at most, the newest ones." },
    "max-usd-increase": {
      value: "USD",
      about: "Bound: how much dearer it may get, in dollars, or in percent such as 5%.",
    },
    "max-moved": {
      value: "N",
      about: "Bound: how many instances may move, or which share of them, such as 10%.",
    },
    "max-timeouts": {
      value: "N",
      about: "Bound: how many more attempts may be expected to time out.",
    },
  },
  examples: [
    "switchyard rules test routing.rules --since 30d",
    "switchyard rules test routing.json --task resize --since 7d --json",
    "switchyard rules test routing.rules --max-usd-increase 5% --max-moved 10% --max-timeouts 0",
  ],
  run: runTest,
};

async function runTest({ client, positionals, options, output }: CommandCall) {
  const bounds = boundsOf(options);
  const rules = await readRulesFile(output.terminal, positionals[0] ?? "-");
  const limit = options.wholeNumber("limit", 1, 100_000_000);
  const found = await client.rules.whatIf({
    rules,
    task: options.text("task"),
    since: options.instant("since", "ago") ?? new Date(output.nowMs - thirtyDaysMs),
    until: options.instant("until", "ago"),
    ...(limit === undefined ? {} : { limit }),
  });
  const complaints = broken(bounds, found);
  if (output.mode === "json") output.document({ ...found, broken: complaints });
  else if (output.mode === "quiet") {
    for (const { instanceId } of found.worst) output.line(instanceId);
  } else writeWhatIf(output, found);
  writeVerdict(output, bounds, found, complaints);
  return complaints.length === 0 ? exitCodes.ok : exitCodes.outOfBounds;
}

function writeVerdict(
  output: CommandCall["output"],
  bounds: Bounds,
  found: WhatIfView,
  complaints: readonly string[],
): void {
  for (const complaint of complaints) output.complain(plainText(complaint));
  if (found.instances === 0) {
    output.remark("nothing could be compared, so this says nothing about the rules", "yellow");
    return;
  }
  if (Object.keys(bounds).length > 0 && complaints.length === 0) {
    output.remark("within the bounds", "green");
  }
}
