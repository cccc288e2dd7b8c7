import type { RunTargetName } from "../task/task.ts";
import type { ErrorClass } from "./error-classes.ts";
import type { AttemptError } from "./instance.ts";

/** Why a container stopped, in the words of ECS; hosts without ECS use the same ones. */
export const stopCodes = [
  "TaskFailedToStart",
  "EssentialContainerExited",
  "UserInitiated",
  "ServiceSchedulerInitiated",
  "SpotInterruption",
  "TerminationNotice",
  "InfrastructureHealth",
] as const;
export type StopCode = (typeof stopCodes)[number];

/** What is known of a process or container that has ended. */
export interface ExitFacts {
  /** What it ran. The runner reports results itself; a container or command says all by its exit. */
  readonly target: RunTargetName;
  /** True when a result of this attempt has been recorded already. */
  readonly reported?: boolean;
  readonly exitCode?: number;
  /** What ended a process of this machine, for example "SIGKILL". */
  readonly signal?: string;
  /** One of `stopCodes`; ECS may add to them, and an unknown one decides nothing. */
  readonly stopCode?: string;
  /** What the platform says about it, in its own words. */
  readonly reason?: string;
}

/** The part of an attempt's report that its exit tells. */
export type ExitReport =
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly error: AttemptError };

/** 128 and the number of the signal, as shells have it. */
const killedExitCode = 137;
const terminatedExitCode = 143;

/**
 * What an exit says of its attempt, wherever it ran; undefined when it says nothing. The rule, in
 * this order: a recorded result stands, whatever the exit code; one that was stopped from outside is
 * lost, whatever the exit code; the exit code of a container or command is its verdict; a runner that
 * is gone without a result has crashed, even with exit code 0.
 */
export function reconcileExit(facts: ExitFacts): ExitReport | undefined {
  if (facts.reported === true) return undefined;
  const ofStop = failureOfStop(facts);
  if (ofStop !== undefined) return failed(ofStop, facts);
  const code = exitCodeOf(facts);
  if (isOutOfMemory(facts, code)) {
    return failed({ class: "out_of_memory", message: `it was killed, ${endOf(code)}` }, facts);
  }
  if (facts.target === "container" || facts.target === "command") return verdictOf(facts, code);
  if (code === terminatedExitCode) {
    return failed({ class: "worker_lost", message: "it was told to end from outside" }, facts);
  }
  return failed({ class: "crash", message: `it ended without a result, ${endOf(code)}` }, facts);
}

/** The end that somebody or something else brought about, which says nothing about the task. */
function failureOfStop({ stopCode, reason = "" }: ExitFacts): AttemptError | undefined {
  switch (stopCode) {
    case "TaskFailedToStart":
      return { class: startFailureClass(reason), message: "its container could not be started" };
    case "SpotInterruption":
      return { class: "worker_lost", message: "its Spot capacity was taken back" };
    case "TerminationNotice":
    case "InfrastructureHealth":
      return { class: "worker_lost", message: "the machine under it was taken away" };
    case "ServiceSchedulerInitiated":
      return { class: "worker_lost", message: "its service ended it" };
    case "UserInitiated":
      return { class: "worker_lost", message: "it was stopped from outside" };
    default:
      return undefined;
  }
}

/** The most telling first: what looks like a missing image may have been a bad connection. */
const startFailures: readonly (readonly [RegExp, ErrorClass])[] = [
  [/capacity is unavailable|insufficient capacity|RESOURCE:/i, "no_capacity"],
  [/AccessDenied|not authorized to perform|is not authorized/i, "missing_permission"],
  [
    /i\/o timeout|time(d )?out|deadline exceeded|connection (refused|reset)|toomanyrequests|rate limit|\bEOF\b|no such host|5\d\d (internal|bad gateway|service)/i,
    "backend_fault",
  ],
  [/CannotPull|ImagePull|manifest unknown|pull image|image .*not found/i, "missing_function"],
  [/executable file not found|no such file or directory|exec format error/i, "missing_function"],
];

/** Why a container did not start: told from its reason, because the stop code is always the same. */
function startFailureClass(reason: string): ErrorClass {
  return startFailures.find(([pattern]) => pattern.test(reason))?.[1] ?? "backend_fault";
}

function exitCodeOf({ exitCode, signal }: ExitFacts): number | undefined {
  if (exitCode !== undefined) return exitCode;
  if (signal === "SIGKILL") return killedExitCode;
  return signal === "SIGTERM" ? terminatedExitCode : undefined;
}

/** Nobody asked for its end, so the kernel killed it; it does that for memory only. */
function isOutOfMemory({ reason = "" }: ExitFacts, code: number | undefined): boolean {
  return code === killedExitCode || (code !== 0 && /OutOfMemory|out of memory/i.test(reason));
}

function verdictOf(facts: ExitFacts, code: number | undefined): ExitReport {
  if (code === 0) return { kind: "succeeded" };
  if (code === undefined) {
    return failed({ class: "crash", message: "it ended without an exit code" }, facts);
  }
  return failed({ class: "error", message: `it ended ${endOf(code)}`, name: "ExitCode" }, facts);
}

function endOf(code: number | undefined): string {
  return code === undefined ? "without an exit code" : `with exit code ${code}`;
}

function failed(error: AttemptError, { signal, reason }: ExitFacts): ExitReport {
  const by = signal === undefined ? "" : ` (${signal})`;
  const because = reason === undefined || reason === "" ? "" : `: ${reason}`;
  return { kind: "failed", error: { ...error, message: `${error.message}${by}${because}` } };
}
