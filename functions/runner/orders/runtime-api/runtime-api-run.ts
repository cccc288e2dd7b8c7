import type { WorkOrder } from "../../../../shared/contract/http/work.ts";
import { limits } from "../../../../shared/core/limits.ts";
import { truncateUtf8 } from "../../../../shared/core/texts.ts";
import type { AttemptError } from "../../../../shared/instance/instance.ts";
import type { GuardProcess } from "../../../adapters/local/executor/guard-process.ts";
import { lambdaError } from "../../../reports/lambda-error.ts";
import { withInputs } from "../../payload-transfer.ts";
import type { AttemptEnd } from "../attempt-end.ts";
import { outputBytesMaxOf, outputEnd, tooLarge } from "../output-end.ts";
import { errorOfEnding, runWatched, type WatchedEnd } from "../watched-process.ts";
import { openRuntimeApi, type RuntimeApi, type Verdict } from "./runtime-api-server.ts";

/** A runtime's program: it asks for the invocation and calls the function's handler. */
export interface RuntimeProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A function's code and who runs it. */
export interface RuntimePlace {
  /** The package, unpacked. */
  readonly folder: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly runtime: RuntimeProgram;
}

export interface RuntimeApiOptions {
  readonly deadlineAtMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly guard: GuardProcess;
  /** Between being asked to end and being made to. */
  readonly graceMs: number;
  readonly signal: AbortSignal;
}

const stackBytesMax = 4 * 1024;
/** What a shell reports for a program that was killed. */
const killedExitCode = 137;

/**
 * Runs a function of any runtime for an attempt, by the protocol between Lambda and its runtimes:
 * one process, one invocation. The process is gone afterwards, whatever happened.
 */
export async function runtimeApiRun(
  order: WorkOrder,
  place: RuntimePlace,
  options: RuntimeApiOptions,
): Promise<AttemptEnd> {
  const { signal } = options;
  const url = order.envelope.outputs_url?.url;
  const event = JSON.stringify(await withInputs(order.envelope, signal));
  const name = order.run.package?.function ?? order.task;
  const deadlineAtMs = Math.min(options.deadlineAtMs, Date.now() + order.timeoutMs);
  const api = await openRuntimeApi({
    id: order.attemptId,
    event,
    deadlineAtMs,
    functionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    traceId: xRayTraceOf(order.envelope.trace?.traceparent),
    responseBytesMax: outputBytesMaxOf(url),
  });
  try {
    const ended = await runProgram(order, place, { ...options, deadlineAtMs }, api, name);
    const verdict = await api.verdict();
    if (ended.ending === "aborted" && verdict === undefined) return { outcome: "aborted" };
    const { seen } = ended;
    if (verdict === undefined) {
      return { ...seen, outcome: "failed", error: errorWithoutVerdict(ended, order, place) };
    }
    return { ...seen, ...(await endOf(verdict, url, signal)) };
  } finally {
    await api.close();
  }
}

function runProgram(
  order: WorkOrder,
  { folder, handler, environment, runtime }: RuntimePlace,
  options: RuntimeApiOptions,
  api: RuntimeApi,
  name: string,
): Promise<WatchedEnd> {
  const memoryMb = order.memoryMb === undefined ? {} : { [memoryVariable]: `${order.memoryMb}` };
  const env = {
    ...options.env,
    ...environment,
    // Made with the function's own in mind.
    ...runtime.environment,
    AWS_LAMBDA_RUNTIME_API: api.address,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: String(order.taskVersion),
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: handler,
    ...memoryMb,
  };
  const { program, args } = runtime;
  return runWatched({ program, args, folder, env }, order, {
    ...options,
    onEnding: () => api.refuseVerdicts(),
    enough: api.finished,
  });
}

const memoryVariable = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";

async function endOf(
  verdict: Verdict,
  url: string | undefined,
  signal: AbortSignal,
): Promise<AttemptEnd> {
  switch (verdict.kind) {
    case "response":
      return await outputEnd(verdict.text, url, signal);
    case "too_large": {
      const bytesMax = outputBytesMaxOf(url);
      return tooLarge(`more than ${bytesMax}`, bytesMax);
    }
    case "error": {
      const { message, name, stack, ...rest } = lambdaError(
        { functionError: "Unhandled" },
        verdict.document,
      );
      const error = {
        ...rest,
        message: truncateUtf8(message, limits.errorMessageBytesMax),
        ...(name === undefined ? {} : { name: name.slice(0, 128) }),
        ...(stack === undefined ? {} : { stack: truncateUtf8(stack, stackBytesMax) }),
      };
      return { outcome: "failed", error };
    }
  }
}

function errorWithoutVerdict(
  { exit, ending, lastLines }: WatchedEnd,
  order: WorkOrder,
  { runtime }: RuntimePlace,
): AttemptError {
  if (exit.spawnError !== undefined) {
    const { code, message } = exit.spawnError;
    const missing = code === "ENOENT" || code === "EACCES";
    const why = `"${runtime.program}", which runs it, cannot be started here: ${message}`;
    return { class: missing ? "missing_function" : "backend_fault", message: why };
  }
  const ofEnding = errorOfEnding(ending, order);
  if (ofEnding !== undefined) return ofEnding;
  if (exit.signal === "SIGKILL" || exit.code === killedExitCode) {
    const message = "its process was killed from outside, as systems do when memory runs out";
    return { class: "out_of_memory", message };
  }
  const how = exit.code === null ? `was ended by ${exit.signal}` : `ended with code ${exit.code}`;
  const words = lastLines === "" ? "" : `; it last wrote: ${lastLines}`;
  const message = `its process ${how} before it answered${words}`;
  return { class: "crash", message: truncateUtf8(message, limits.errorMessageBytesMax) };
}

/** A W3C trace context in the words of X-Ray, which Lambda's runtimes hand on. */
function xRayTraceOf(traceparent: string | undefined): string | undefined {
  const parts = /^00-([0-9a-f]{8})([0-9a-f]{24})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(
    traceparent ?? "",
  );
  if (parts === null) return undefined;
  const [, time, random, parent, flags = "00"] = parts;
  const sampled = Number.parseInt(flags, 16) & 1;
  return `Root=1-${time}-${random};Parent=${parent};Sampled=${sampled}`;
}
