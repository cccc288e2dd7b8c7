import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WorkOrder } from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";
import { truncateUtf8 } from "../../../shared/core/texts.ts";
import type { AttemptError } from "../../../shared/instance/instance.ts";
import type { GuardProcess } from "../../adapters/local/executor/guard-process.ts";
import { withInputs } from "../payload-transfer.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import { outputBytesMaxOf, outputEnd, tooLarge } from "./output-end.ts";
import { errorOfEnding, runWatched, type WatchedEnd } from "./watched-process.ts";

export interface CommandDeps {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly guard: GuardProcess;
  /** Between being asked to end and being made to. */
  readonly graceMs: number;
}

/**
 * Runs a program for an attempt: the envelope on its standard input, its exit code as the verdict,
 * and as output whatever JSON it wrote into the file that SWITCHYARD_OUTPUT names. The file and its
 * folder are gone afterwards, whatever happened.
 */
export async function runCommand(
  order: WorkOrder,
  deadlineAtMs: number,
  deps: CommandDeps,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const scratch = await mkdtemp(join(tmpdir(), "switchyard-command-"));
  try {
    return await runIn(scratch, order, deadlineAtMs, deps, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runIn(
  scratch: string,
  order: WorkOrder,
  deadlineAtMs: number,
  deps: CommandDeps,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const [program = "", ...args] = order.run.command?.argv ?? [];
  const outputFile = join(scratch, "output.json");
  const envelope = await withInputs(order.envelope, signal);
  const { folder, guard, graceMs } = deps;
  const ended = await runWatched(
    {
      program,
      args,
      folder,
      env: { ...deps.env, ...variablesOf(order, outputFile) },
      input: JSON.stringify(envelope),
    },
    order,
    { deadlineAtMs, guard, graceMs, signal },
  );
  if (ended.ending === "aborted") return { outcome: "aborted" };
  const { seen } = ended;
  const error = errorOf(ended, order);
  if (error !== undefined) return { ...seen, outcome: "failed", error };
  return { ...seen, ...(await outputOf(outputFile, order.envelope.outputs_url?.url, signal)) };
}

function variablesOf(order: WorkOrder, outputFile: string): Readonly<Record<string, string>> {
  const { envelope } = order;
  const { trace } = envelope;
  return {
    SWITCHYARD_TENANT: envelope.instance.tenant,
    SWITCHYARD_TASK: order.task,
    SWITCHYARD_TASK_VERSION: String(order.taskVersion),
    SWITCHYARD_INSTANCE_ID: order.instanceId,
    SWITCHYARD_ATTEMPT_ID: order.attemptId,
    SWITCHYARD_ATTEMPT: String(order.attempt),
    SWITCHYARD_DEADLINE: envelope.deadline,
    SWITCHYARD_OUTPUT: outputFile,
    ...(trace === undefined ? {} : { TRACEPARENT: trace.traceparent }),
    ...(trace?.tracestate === undefined ? {} : { TRACESTATE: trace.tracestate }),
    ...(trace?.baggage === undefined ? {} : { BAGGAGE: trace.baggage }),
  };
}

function errorOf(
  { exit, ending, lastLines }: WatchedEnd,
  order: WorkOrder,
): AttemptError | undefined {
  if (exit.spawnError !== undefined) {
    return spawnFailure(exit.spawnError, order.run.command?.argv[0]);
  }
  const ofEnding = errorOfEnding(ending, order);
  if (ofEnding !== undefined) return ofEnding;
  if (exit.code === 0) return undefined;
  const words = lastLines === "" ? "" : `; it last wrote: ${lastLines}`;
  if (exit.code === null) {
    return { class: "crash", message: `the command was ended by ${exit.signal}${words}` };
  }
  const message = `the command ended with exit code ${exit.code}${words}`;
  return {
    class: "error",
    message: truncateUtf8(message, limits.errorMessageBytesMax),
    name: "ExitCode",
  };
}

function spawnFailure(error: NodeJS.ErrnoException, program = ""): AttemptError {
  const missing = error.code === "ENOENT" || error.code === "EACCES";
  const message = missing
    ? `this worker has no program "${program}" that it may start (${error.code})`
    : `the command could not be started: ${error.message}`;
  return { class: missing ? "missing_function" : "backend_fault", message };
}

async function outputOf(
  file: string,
  url: string | undefined,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  const facts = await stat(file).catch(noFile);
  if (facts === undefined) return { outcome: "succeeded" };
  const bytesMax = outputBytesMaxOf(url);
  if (facts.size > bytesMax) return tooLarge(facts.size, bytesMax);
  return await outputEnd(await readFile(file, "utf8"), url, signal);
}

/** Not every program has an output; what else is wrong with the file shows when it is read. */
function noFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
