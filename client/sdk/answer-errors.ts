import { type ErrorCode, errorCodes } from "../../shared/core/error-codes.ts";
import { SwitchyardError } from "./switchyard-error.ts";
import type { TransportAnswer, TransportError } from "./transport.ts";

/** The members of an RFC 9457 problem that the client uses; all unproven. */
interface ProblemMembers {
  readonly status?: unknown;
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly pointer?: unknown;
  readonly suggestion?: unknown;
  readonly retryAfterSeconds?: unknown;
}

/** The error of an answer that is not a success. */
export function errorOfAnswer(
  answer: TransportAnswer,
  url: string,
  nowMs: number,
): SwitchyardError {
  const retryAfterMs = retryAfterOf(answer.header("retry-after"), nowMs);
  const problem = problemIn(answer.text);
  return problem === undefined
    ? errorOfStatus(answer.status, url, retryAfterMs)
    : errorOfProblem(problem, answer.status, retryAfterMs);
}

/** The error of one item of a batch; its pointer leads into the item, not into the whole body. */
export function errorOfItem(
  problem: ProblemMembers,
  status: number,
  itemPointer: string,
): SwitchyardError {
  const pointer = text(problem.pointer);
  const within = pointer?.startsWith(itemPointer) ? pointer.slice(itemPointer.length) : pointer;
  const { retryAfterSeconds } = problem;
  const retryAfterMs =
    typeof retryAfterSeconds === "number" ? retryAfterSeconds * 1_000 : undefined;
  return errorOfProblem({ ...problem, pointer: within }, status, retryAfterMs);
}

function errorOfProblem(
  problem: ProblemMembers,
  status: number,
  retryAfterMs: number | undefined,
): SwitchyardError {
  const code = text(problem.code) ?? "bad_answer";
  return new SwitchyardError({
    code,
    status,
    detail: text(problem.detail) ?? "the server gave no reason",
    pointer: text(problem.pointer),
    suggestion: text(problem.suggestion),
    retryAfterMs,
    retryable: isKnownCode(code) ? errorCodes[code].retryable : isRetryableStatus(status),
    // A server that fails may have written before it failed; one that refuses has not.
    notApplied: status < 500,
  });
}

/** An answer that is no problem document: a gateway's own page, or not a Switchyard server at all. */
function errorOfStatus(
  status: number,
  url: string,
  retryAfterMs: number | undefined,
): SwitchyardError {
  const retryable = isRetryableStatus(status);
  if (retryable) {
    return new SwitchyardError({
      code: status === 429 ? "too_many_requests" : "unavailable",
      status,
      detail: `something between here and the server answered ${status}`,
      retryAfterMs,
      retryable,
      notApplied: status === 429,
    });
  }
  if (status === 401 || status === 403) {
    return new SwitchyardError({
      code: status === 401 ? "unauthenticated" : "forbidden",
      status,
      detail: `the gateway before the server refused the request (${status})`,
      suggestion: "check the credential, that it is not expired, and that it may call this API",
      retryable,
      notApplied: true,
    });
  }
  return badAnswer(status, `the answer ${status} of ${url} is not one of a Switchyard server`);
}

/** What came is not what a Switchyard server sends; whether it did anything is unknown. */
export function badAnswer(status: number, detail: string): SwitchyardError {
  return new SwitchyardError({
    code: "bad_answer",
    status,
    detail,
    suggestion: "check that the address is that of a Switchyard server",
    retryable: status >= 200 && status < 300,
    notApplied: false,
  });
}

export function errorOfTransport(error: TransportError, url: string): SwitchyardError {
  return new SwitchyardError({
    code: "unreachable",
    status: 0,
    detail: error.timedOut
      ? `${new URL(url).origin} gave ${error.message}`
      : `${new URL(url).origin} cannot be reached (${error.message})`,
    suggestion: "check the address and that the server runs",
    retryable: true,
    notApplied: !error.maybeSent,
    cause: error,
  });
}

function problemIn(body: string): ProblemMembers | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === "object" && parsed !== null && "code" in parsed ? parsed : undefined;
  } catch {
    // Not JSON, so not from Switchyard: the caller goes by the status.
    return undefined;
  }
}

/** Retry-After is a number of seconds or a date. */
function retryAfterOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isFinite(atMs) ? Math.max(0, atMs - nowMs) : undefined;
}

function isRetryableStatus(status: number): boolean {
  return status === 429 || (status >= 502 && status <= 504);
}

function isKnownCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
