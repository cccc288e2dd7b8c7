import { Readable } from "node:stream";
import type * as Sdk from "@alicloud/fc20230330";
import { invocationEnvelope } from "../../../shared/contract/envelope.ts";
import type { JsonValue } from "../../../shared/core/json.ts";
import { limits } from "../../../shared/core/limits.ts";
import { utf8Bytes } from "../../../shared/core/texts.ts";
import { versionNameOf } from "../../../shared/function/lambda-name.ts";
import type { ErrorClass } from "../../../shared/instance/error-classes.ts";
import type {
  AttemptOrder,
  AttemptRef,
  AttemptReport,
  AttemptSighting,
  Backend,
  StartOutcome,
} from "../../../shared/ports/backend.ts";
import { priceBy } from "../../../shared/pricing/price-run.ts";
import { eventBytesMax, fcCapabilities } from "./fc-capabilities.ts";
import { partsOf } from "./fc-client.ts";
import { type FcOptions, noOptions } from "./fc-platform.ts";

export interface FcBackendOptions extends FcOptions {
  /** Takes what is found out about attempts; rejects when it could not be kept. */
  readonly report: (report: AttemptReport) => Promise<void>;
}

/**
 * Runs attempts as asynchronous tasks of Function Compute. Nothing there can reach the completion
 * queue, so results are asked for: whoever looks at a running attempt finds its end, which is
 * reported like any other. The task carries the attempt's id, so that starting it twice runs it once.
 */
export function openFcBackend(options: FcBackendOptions): Backend {
  const capabilities = fcCapabilities(options.config);
  return {
    capabilities,
    start: (order) => start(options, order),
    stop: (attempt) => stop(options, attempt),
    inspect: (attempt) => inspect(options, attempt),
    price: priceBy(capabilities.pricing),
  };
}

async function start(
  { client, sdk }: FcBackendOptions,
  order: AttemptOrder,
): Promise<StartOutcome> {
  const { package: target } = order.run;
  if (target?.digest === undefined) {
    return refused("missing_function", "the task has no run.package with a digest");
  }
  const name = versionNameOf(order.tenant, target.function, target.digest);
  const payload = JSON.stringify(invocationEnvelope(order));
  const bytes = utf8Bytes(payload);
  if (bytes > eventBytesMax) {
    const text = `the event has ${bytes} bytes, an asynchronous call takes ${eventBytesMax}`;
    return refused("payload_too_large", text);
  }
  try {
    await client.invokeFunctionWithOptions(
      name,
      new sdk.InvokeFunctionRequest({
        body: Readable.from([Buffer.from(payload)]),
        qualifier: "LATEST",
      }),
      new sdk.InvokeFunctionHeaders({
        xFcInvocationType: "Async",
        xFcAsyncTaskId: order.attemptId,
      }),
      noOptions(),
    );
    return { outcome: "accepted", externalId: name };
  } catch (error) {
    return outcomeOf(error, name);
  }
}

const classByStatus: Readonly<Record<number, ErrorClass>> = {
  401: "missing_permission",
  403: "missing_permission",
  404: "missing_function",
  413: "payload_too_large",
  429: "throttled",
};

function outcomeOf(error: unknown, name: string): StartOutcome {
  const { status, code, message } = partsOf(error);
  // The task is there: an answer was lost before.
  if (status === 409 || /AlreadyExist/.test(code)) return { outcome: "accepted", externalId: name };
  const text = `calling ${name} failed: ${code}: ${message}`;
  const known = status === undefined ? undefined : classByStatus[status];
  if (known !== undefined) return refused(known, text);
  if (status !== undefined && status < 500) return refused("backend_fault", text);
  return { outcome: "unknown", error: { class: "backend_fault", message: text } };
}

async function stop(
  { client, sdk }: FcBackendOptions,
  { attemptId, externalId }: AttemptRef,
): Promise<void> {
  if (externalId === undefined) return;
  try {
    const request = new sdk.StopAsyncTaskRequest({ qualifier: "LATEST" });
    await client.stopAsyncTaskWithOptions(externalId, attemptId, request, {}, noOptions());
  } catch (error) {
    const { status } = partsOf(error);
    // Over already, or never there.
    if (status === undefined || status >= 500) throw error;
  }
}

/** Once a task is over, its end is reported before this answers; then the answer decides nothing. */
async function inspect(options: FcBackendOptions, attempt: AttemptRef): Promise<AttemptSighting> {
  const { client, sdk } = options;
  // Not confirmed yet: starting it again finds the task that is there.
  if (attempt.externalId === undefined) return "queued";
  let task: Sdk.AsyncTask | undefined;
  try {
    const answer = await client.getAsyncTaskWithOptions(
      attempt.externalId,
      attempt.attemptId,
      new sdk.GetAsyncTaskRequest({ qualifier: "LATEST" }),
      {},
      noOptions(),
    );
    task = answer.body;
  } catch (error) {
    return partsOf(error).status === 404 ? "gone" : "unknown";
  }
  const report = task === undefined ? undefined : reportOf(attempt, attempt.externalId, task);
  if (report === undefined) return "running";
  await options.report(report);
  return "unknown";
}

/** What an ended task says of its attempt; the answer to our own question needs no token. */
function reportOf(
  { tenant, instanceId, attemptId }: AttemptRef,
  externalId: string,
  task: Sdk.AsyncTask,
): AttemptReport | undefined {
  const { status = "", returnPayload = "", taskErrorMessage = "", durationMs, startedTime } = task;
  const from = {
    tenant,
    instanceId,
    attemptId,
    externalId,
    ...(durationMs === undefined ? {} : { usage: { durationMs } }),
    ...(startedTime === undefined ? {} : { startedAtMs: startedTime }),
  };
  switch (status) {
    case "Succeeded": {
      const bytes = utf8Bytes(returnPayload);
      if (bytes > limits.outputBytesMax) {
        const message = `the output has ${bytes} bytes, at most ${limits.outputBytesMax} are possible`;
        return { ...from, kind: "failed", error: { class: "invalid_output", message } };
      }
      const output = parsed(returnPayload);
      return { ...from, kind: "succeeded", ...(output == null ? {} : { output }) };
    }
    case "Failed":
      return { ...from, kind: "failed", error: errorOf(returnPayload, taskErrorMessage) };
    case "Stopped":
    case "Expired":
    case "Invalid": {
      const message = `Function Compute ended the task as ${status}: ${taskErrorMessage}`;
      const errorClass = status === "Expired" ? "throttled" : "backend_fault";
      return { ...from, kind: "failed", error: { class: errorClass, message } };
    }
    default:
      return undefined;
  }
}

const classByText: readonly (readonly [RegExp, ErrorClass])[] = [
  [/timed? ?out/i, "timeout"],
  [/out of memory|memory (limit|exceeded)|OOM/i, "out_of_memory"],
  [/exited unexpectedly|process exited|crash/i, "crash"],
  [/handler .*not found|cannot find module/i, "missing_function"],
];

/** The platform's own word tells the classes apart; what the code threw is an error, whatever it says. */
function errorOf(returnPayload: string, taskErrorMessage: string) {
  const thrown = parsed(returnPayload);
  const fields =
    typeof thrown === "object" && thrown !== null && !Array.isArray(thrown)
      ? (thrown as { errorMessage?: unknown; errorType?: unknown })
      : {};
  const message =
    typeof fields.errorMessage === "string"
      ? fields.errorMessage
      : taskErrorMessage || returnPayload;
  const name = typeof fields.errorType === "string" ? fields.errorType : undefined;
  const known = classByText.find(([pattern]) => pattern.test(taskErrorMessage))?.[1];
  return {
    class: known ?? "error",
    message: message === "" ? "the task failed without a word" : message,
    ...(name === undefined ? {} : { name }),
    ...(name === "FinalError" ? { retryable: false } : {}),
  };
}

function parsed(text: string): JsonValue | undefined {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function refused(errorClass: ErrorClass, message: string): StartOutcome {
  return { outcome: "refused", error: { class: errorClass, message } };
}
