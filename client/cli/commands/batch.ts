import { limits } from "../../../shared/core/limits.ts";
import type { SwitchyardClient } from "../../sdk/client.ts";
import { SwitchyardError } from "../../sdk/switchyard-error.ts";
import type { AnyTasks, SubmitRequest, TaskInstance } from "../../sdk/task-types.ts";
import type { Command, CommandCall } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { LiveLines } from "../render/live-lines.ts";
import { errorLine } from "../report-error.ts";
import { UsageError } from "../usage-error.ts";

/** `switchyard batch`. */
export const batchCommand: Command = {
  name: "batch",
  takes: "FILE",
  positionalsMin: 1,
  positionalsMax: 1,
  group: "Instances",
  summary: "Submit one instance per line of a file",
  details: [
    'Each line is a submission as JSON, such as {"task":"resize","input":{"key":"cat.jpg"}}; empty ' +
      "lines are skipped. Each has its own answer: a line that is refused is reported with its " +
      "number and does not hold up the rest.",
    "With --key-prefix a line without an idempotency key gets one from its number, so that running " +
      "the same file again submits nothing twice.",
  ],
  options: {
    task: { value: "NAME", about: "The task of lines that name none." },
    "key-prefix": { value: "TEXT", about: "Idempotency keys TEXT-1, TEXT-2, … by line." },
    wait: { short: "w", about: "Wait until all are finished." },
  },
  examples: [
    "switchyard batch submissions.jsonl",
    "switchyard batch - --task resize --key-prefix import-7 --wait < inputs.jsonl",
  ],
  run: runBatch,
};

interface Line {
  readonly number: number;
  readonly text: string;
}

interface Counts {
  accepted: number;
  repeated: number;
  refused: number;
  succeeded: number;
  unsuccessful: number;
}

/** So many lines at once keep every request full without holding a large file in the queue. */
const windowLines = 8 * limits.batchItemsMax;

async function runBatch(call: CommandCall): Promise<ExitCode> {
  const { client, options, output, positionals } = call;
  const text = await output.terminal.readText(positionals[0] ?? "-");
  const lines = text
    .split("\n")
    .map((each, index): Line => ({ number: index + 1, text: each.trim() }))
    .filter((line) => line.text !== "");
  if (lines.length === 0) throw new UsageError("the file has no lines to submit");
  const counts: Counts = { accepted: 0, repeated: 0, refused: 0, succeeded: 0, unsuccessful: 0 };
  const live = new LiveLines(output.terminal);
  const waits: Promise<unknown>[] = [];
  for (let from = 0; from < lines.length; from += windowLines) {
    const window = lines.slice(from, from + windowLines);
    const ends = await submitWindow(call, window, counts);
    if (options.flag("wait")) waits.push(...ends.map((id) => waitFor(client, id, counts)));
    if (output.mode === "human") live.show([progress(counts, lines.length)]);
  }
  const ticker = setInterval(() => live.show([progress(counts, lines.length)]), 250);
  const failures = (await Promise.all(waits)).filter((failure) => failure !== undefined);
  clearInterval(ticker);
  live.clear();
  if (failures.length > 0) throw failures[0];
  output.remark(progress(counts, lines.length));
  return counts.refused + counts.unsuccessful > 0 ? exitCodes.failed : exitCodes.ok;
}

/** Submits some lines, writes what became of each in their order, and answers with the new ids. */
async function submitWindow(
  { client, options, output }: CommandCall,
  window: readonly Line[],
  counts: Counts,
): Promise<readonly string[]> {
  const parsed = window.map((line) => ({
    line,
    submission: submissionOf(line, options.text("task"), options.text("key-prefix")),
  }));
  const sound = parsed.flatMap(({ submission }) =>
    submission instanceof SwitchyardError ? [] : [submission],
  );
  const outcomes = await client.submitMany(sound);
  const ids: string[] = [];
  let answered = 0;
  for (const { line, submission } of parsed) {
    const outcome =
      submission instanceof SwitchyardError
        ? { ok: false as const, error: submission }
        : outcomes[answered++];
    if (outcome?.ok === true) {
      counts.accepted++;
      if (outcome.repeated && hasKey(submission)) counts.repeated++;
      ids.push(outcome.instance.id);
      writeAccepted(output, line.number, outcome.instance);
    } else if (outcome !== undefined) {
      if (outcome.error.code === "unreachable") throw outcome.error;
      counts.refused++;
      writeRefused(output, line.number, outcome.error);
    }
  }
  return ids;
}

function hasKey(submission: object): boolean {
  return "idempotencyKey" in submission;
}

function writeAccepted(output: CommandCall["output"], line: number, instance: TaskInstance): void {
  if (output.mode === "json") output.item({ line, instance });
  else if (output.mode === "quiet") output.line(instance.id);
}

function writeRefused(output: CommandCall["output"], line: number, error: SwitchyardError): void {
  if (output.mode !== "json") {
    output.complain(`line ${line}: ${errorLine(error)}`);
    return;
  }
  const { code, status, detail, pointer, suggestion } = error;
  output.item({ line, error: { code, status, detail, pointer, suggestion } });
}

function submissionOf(
  line: Line,
  task: string | undefined,
  keyPrefix: string | undefined,
): SubmitRequest<AnyTasks> | SwitchyardError {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.text);
  } catch (error) {
    return unsound(`not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return unsound("not a submission: each line must be a JSON object");
  }
  // The server checks the fields and answers for each line; here only what is missing is added.
  return {
    ...(task === undefined ? {} : { task }),
    ...(keyPrefix === undefined ? {} : { idempotencyKey: `${keyPrefix}-${line.number}` }),
    ...parsed,
  } as SubmitRequest<AnyTasks>;
}

function unsound(detail: string): SwitchyardError {
  return new SwitchyardError({
    code: "invalid_submission",
    status: 0,
    detail,
    retryable: false,
    notApplied: true,
  });
}

/** Answers with what went wrong, if anything: while lines are still sent nobody could catch it. */
async function waitFor(client: SwitchyardClient, id: string, counts: Counts): Promise<unknown> {
  try {
    const { state } = await client.wait(id);
    if (state === "succeeded") counts.succeeded++;
    else counts.unsuccessful++;
    return undefined;
  } catch (error) {
    return error;
  }
}

function progress(counts: Counts, lines: number): string {
  const { accepted, repeated, refused, succeeded, unsuccessful } = counts;
  const parts = [`${accepted} of ${lines} accepted`];
  if (repeated > 0) parts.push(`${repeated} of them known already`);
  if (refused > 0) parts.push(`${refused} refused`);
  if (succeeded > 0) parts.push(`${succeeded} succeeded`);
  if (unsuccessful > 0) parts.push(`${unsuccessful} did not succeed`);
  return parts.join(", ");
}
