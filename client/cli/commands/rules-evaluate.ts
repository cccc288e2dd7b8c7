import type { EvaluationView } from "../../../shared/contract/http/rules-views.ts";
import type { FeatureValue } from "../../../shared/routing/rules/rule-set.ts";
import type { Command, CommandCall } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import { readInput } from "../read-input.ts";
import { readRulesFile } from "../rules-file.ts";
import { plainText } from "../styles.ts";
import { UsageError } from "../usage-error.ts";

/** `switchyard rules evaluate`. */
export const rulesEvaluateCommand: Command = {
  name: "rules evaluate",
  takes: "[KEY=VALUE…]",
  positionalsMin: 0,
  positionalsMax: 50,
  group: "Routing",
  summary: "Say what the rules make of some features, or of a submission",
  details: [
    "Features stand under the rule language's names, with values as in rules or numbers in s, cores, " +
      "GB, ms and Mbps. With --task it is about a submission of that task, which is not submitted.",
  ],
  options: {
    task: { value: "TASK", about: "Evaluate a submission of this task." },
    input: {
      value: "JSON",
      about: "The submission's input; @FILE reads a file, @- standard input.",
    },
    rules: { value: "FILE", about: "Try the rules of this file instead of those in force." },
  },
  examples: [
    "switchyard rules evaluate execution_time_estimate=299s cpu_requirement=1_core stateful=false",
    "switchyard rules evaluate --task resize --rules routing.rules",
  ],
  async run({ client, positionals, options, output }) {
    const what = await subjectOf({ positionals, options, output });
    const file = options.text("rules");
    const rules = file === undefined ? undefined : await readRulesFile(output.terminal, file);
    const found = await client.rules.evaluate({ ...what, rules });
    if (output.mode === "json") output.document(found);
    else if (output.mode === "quiet") output.line(found.type);
    else writeEvaluation(output, found);
    return exitCodes.ok;
  },
};

type Subject = Pick<
  Parameters<CommandCall["client"]["rules"]["evaluate"]>[0],
  "features" | "submission"
>;

async function subjectOf({
  positionals,
  options,
  output,
}: Pick<CommandCall, "positionals" | "options" | "output">): Promise<Subject> {
  const task = options.text("task");
  if (task === undefined) {
    if (options.flag("input")) {
      throw new UsageError("--input belongs to a submission", "name its task with --task");
    }
    const features = await readInput(output.terminal, undefined, positionals);
    // Whether they are features, and of which type, is for the server to say: it knows the names.
    return { features: (features ?? {}) as Record<string, FeatureValue> };
  }
  if (positionals.length > 0) {
    throw new UsageError(
      "--task and features cannot be combined",
      "a submission's features follow from its task and input",
    );
  }
  const input = await readInput(output.terminal, options.text("input"), []);
  return { submission: { task, ...(input === undefined ? {} : { input }) } } as Subject;
}

function writeEvaluation(output: CommandCall["output"], found: EvaluationView): void {
  const { paint } = output;
  const { type, rule, priority, reason, backend, backendReason, rules, version } = found;
  output.line(`${paint("bold", type)} by ${rule} (${priority}): ${plainText(reason)}`);
  output.line(backend === undefined ? paint("yellow", "no backend") : `on ${backend}`);
  if (backendReason !== undefined) output.line(`  ${plainText(backendReason)}`);
  for (const { rule: name, verdict, missing } of found.verdicts) {
    const lacking = missing.length === 0 ? "" : `: ${missing.join(", ")} not known`;
    output.line(paint("dim", `  ${name} ${verdict}${plainText(lacking)}`));
  }
  const known = Object.entries(found.features).map(([name, value]) => `${name}=${value}`);
  const of = version === undefined ? rules : `${rules} version ${version}`;
  output.line(paint("dim", `  by ${of}, knowing ${plainText(known.join(", ")) || "nothing"}`));
}
