import { limits } from "../../../shared/core/limits.ts";
import { SwitchyardError } from "../../sdk/switchyard-error.ts";
import type { AnyTasks, SubmitRequest, TaskInstance } from "../../sdk/task-types.ts";
import type { Command, CommandCall } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { readInput } from "../read-input.ts";
import { followInstances } from "../render/follow-instances.ts";
import { errorText, progressText } from "../render/instance-text.ts";
import { writeCost, writeReceipt } from "../render/receipt-text.ts";
import { plainText } from "../styles.ts";

/** `switchyard submit`. */
export const submitCommand: Command = {
  name: "submit",
  takes: "TASK [KEY=VALUE…]",
  positionalsMin: 1,
  positionalsMax: Number.POSITIVE_INFINITY,
  group: "Instances",
  summary: "Submit an instance of a task",
  details: [
    "The input is what --input gives, or an object of the KEY=VALUE pairs. A value that is JSON is " +
      "taken as such (n=3, on=true, list=[1,2]), anything else as text; zip='\"0123\"' is always text.",
    "With --wait the output of the instance is printed and the exit code says how it ended.",
  ],
  options: {
    input: { value: "JSON", about: "The input: JSON, @FILE, or @- for standard input." },
    wait: { short: "w", about: "Wait for the end and print the output." },
    "wait-timeout": { value: "DURATION", about: "With --wait: stop waiting after this." },
    delay: { value: "DURATION", about: "Start no sooner than this from now." },
    "start-at": { value: "TIME", about: "Start no sooner than then: ISO 8601, or from now (2h)." },
    "start-by": { value: "TIME", about: "Give up if not started by then." },
    priority: {
      value: "N",
      about: `From ${limits.priorityMin} to ${limits.priorityMax}; higher runs first.`,
    },
    group: { value: "NAME", about: "The group it belongs to." },
    tag: { value: "KEY=VALUE", multiple: true, about: "A tag; may be repeated." },
    "idempotency-key": {
      value: "KEY",
      about: "Submitting again with this key makes no second one.",
    },
    backend: { value: "NAME", about: "The only backend it may use." },
    timeout: { value: "DURATION", about: "Time of one attempt." },
    version: { value: "N", about: "Version of the task; default the newest." },
    "dry-run": { about: "Show where it would go; submit nothing." },
  },
  examples: [
    "switchyard submit hello name=Ada --wait",
    'switchyard submit resize --input \'{"key":"cat.jpg"}\' --priority 8 --tag team=web',
    "switchyard submit report --input @input.json --start-at 2026-05-01T08:00:00Z",
    "switchyard submit report month=5 --idempotency-key report-2026-05",
  ],
  run: runSubmit,
};

async function runSubmit(call: CommandCall): Promise<ExitCode> {
  const { client, options, output } = call;
  const submission = await submissionOf(call);
  if (options.flag("dry-run")) {
    const plan = await client.plan(submission);
    if (output.mode === "json") output.document(plan);
    else {
      output.line(`would submit ${submission.task} version ${plan.instance.version}`);
      writeReceipt(output, plan.receipt);
      if (plan.cost !== undefined) writeCost(output, plan.cost);
      if (plan.note !== undefined) output.line(`  ${plainText(plan.note)}`);
    }
    return exitCodes.ok;
  }
  const [outcome] = await client.submitMany([submission]);
  if (outcome === undefined || !outcome.ok) throw outcome?.error;
  const { instance, repeated } = outcome;
  if (repeated && submission.idempotencyKey !== undefined) {
    output.remark("submitted before with this key; this is the instance of that time");
  }
  if (options.flag("wait")) return await waitFor(call, instance.id);
  if (output.mode === "json") output.document(instance);
  else if (output.mode === "quiet") output.line(instance.id);
  else output.line(`${instance.id} ${instance.state}`);
  return exitCodes.ok;
}

async function waitFor(call: CommandCall, id: string): Promise<ExitCode> {
  const { client, options, output } = call;
  const timeoutMs = options.durationMs("wait-timeout");
  for await (const { end } of followInstances(client, output, [id], timeoutMs)) {
    if (end instanceof SwitchyardError) throw end;
    output.remark(progressText(end, output.nowMs));
    writeEnd(call, end);
    return end.state === "succeeded" ? exitCodes.ok : exitCodes.failed;
  }
  return exitCodes.failed;
}

function writeEnd({ output }: CommandCall, end: TaskInstance): void {
  if (output.mode === "json") output.document(end);
  else if (output.mode === "quiet") output.line(end.id);
  else if (end.state === "succeeded") {
    if (end.output !== undefined) output.item(end.output);
  } else {
    output.complain(end.error === undefined ? `it ${end.state}` : errorText(end.error));
  }
}

async function submissionOf({
  positionals,
  options,
  output,
}: CommandCall): Promise<SubmitRequest<AnyTasks>> {
  const [task = "", ...pairs] = positionals;
  const input = await readInput(output.terminal, options.text("input"), pairs);
  const delayMs = options.durationMs("delay");
  const timeoutMs = options.durationMs("timeout");
  return {
    task,
    version: options.wholeNumber("version", 1, 99_999_999),
    input,
    idempotencyKey: options.text("idempotency-key"),
    delaySeconds: delayMs === undefined ? undefined : delayMs / 1_000,
    startAt: options.instant("start-at", "ahead"),
    startBy: options.instant("start-by", "ahead"),
    priority: options.wholeNumber("priority", limits.priorityMin, limits.priorityMax),
    group: options.text("group"),
    tags: options.pairs("tag"),
    timeoutSeconds: timeoutMs === undefined ? undefined : timeoutMs / 1_000,
    backend: options.text("backend"),
  };
}
