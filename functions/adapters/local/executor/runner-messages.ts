import { outputMarkerOf } from "../../../../shared/contract/envelope-form.ts";
import { limits } from "../../../../shared/core/limits.ts";
import type { ErrorClass } from "../../../../shared/instance/error-classes.ts";
import type { FromRunner } from "../../../runner/protocol.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The classes a runner may use; what happens to its process is for the executor to judge. */
const runnerClasses: ReadonlySet<unknown> = new Set<ErrorClass>([
  "error",
  "invalid_output",
  "missing_function",
  // A payload could not be carried. There are few of these, whoever says so.
  "backend_fault",
]);

/** What makes a message of each kind whole. Checked by hand: this runs once per attempt. */
const checks: Record<FromRunner["kind"], (fields: Fields) => boolean> = {
  hello: () => true,
  ready: () => true,
  tainted: () => true,
  unusable: ({ error }) => isError(error),
  begun: ({ seq, msPerOrder }) => isNumber(seq) && isNumber(msPerOrder),
  dropped: ({ seq }) => isNumber(seq),
  log: ({ seq, log }) => isNumber(seq) && isLog(log),
  heartbeat: ({ seq, progress }) => isNumber(seq) && isSmall(progress),
  pong: ({ seq }) => isNumber(seq),
  succeeded: ({ seq, outputRef, usage, log }) =>
    isNumber(seq) &&
    (outputRef === undefined || isPutOutput(outputRef)) &&
    isUsage(usage) &&
    (log === undefined || isLog(log)),
  failed: ({ seq, error, usage, log }) =>
    isNumber(seq) && isError(error) && isUsage(usage) && (log === undefined || isLog(log)),
  exiting: ({ seq, code, stack }) =>
    (seq === undefined || isNumber(seq)) && isNumber(code) && isOptionalText(stack),
};

/** The messages of one line; undefined when a runner cannot have written it. */
export function parseRunnerLine(line: string): readonly FromRunner[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // Something else than the runner wrote into its channel.
    return undefined;
  }
  return Array.isArray(parsed) && parsed.every(isMessage) ? parsed : undefined;
}

function isMessage(value: unknown): value is FromRunner {
  if (!isFields(value)) return false;
  const { kind } = value;
  return typeof kind === "string" && isKind(kind) && checks[kind](value);
}

function isKind(kind: string): kind is FromRunner["kind"] {
  return Object.hasOwn(checks, kind);
}

function isSmall(progress: unknown): boolean {
  return progress === undefined || JSON.stringify(progress).length <= limits.progressBytesMax;
}

function isError(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { class: errorClass, message, name, stack, retryable } = value;
  return (
    runnerClasses.has(errorClass) &&
    typeof message === "string" &&
    isOptionalText(name) &&
    isOptionalText(stack) &&
    (retryable === undefined || typeof retryable === "boolean")
  );
}

function isPutOutput(value: unknown): boolean {
  return outputMarkerOf({ switchyard_output: value }) !== undefined;
}

function isUsage(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { durationMs, cpuMs, memoryMb } = value;
  return isNumber(durationMs) && isNumber(cpuMs) && isNumber(memoryMb);
}

function isLog(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { head, tail, cutBytes } = value;
  return (
    isOptionalText(head) && isOptionalText(tail) && (cutBytes === undefined || isNumber(cutBytes))
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
