import type { ErrorCode } from "../../shared/core/error-codes.ts";

/** What can go wrong on the way, besides the codes with which the server answers. */
export type ClientErrorCode =
  /** Nobody answered, or the connection broke before the answer was complete. */
  | "unreachable"
  /** Something answered, but not in the way a Switchyard server does. */
  | "bad_answer"
  /** The time that the caller gave is over. */
  | "timeout"
  /** The submission cannot be written as JSON, or is larger than any request may be. */
  | "invalid_submission"
  /** More submissions wait in this client than it is allowed to hold. */
  | "queue_full"
  | "client_closed";

/** A known code of the server or the client; newer servers may send others. */
export type SwitchyardErrorCode = ErrorCode | ClientErrorCode | (string & {});

export interface SwitchyardErrorFacts {
  readonly code: SwitchyardErrorCode;
  /** The HTTP status, or 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
  readonly pointer?: string | undefined;
  readonly suggestion?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly retryable: boolean;
  /** Whether the request is known to have changed nothing. */
  readonly notApplied: boolean;
  readonly cause?: unknown;
}

/** Every failure of the client: a refusal of the server, or no usable answer from it. */
export class SwitchyardError extends Error {
  override readonly name = "SwitchyardError";
  /** Stable; listed in docs/errors.md and in `ClientErrorCode`. */
  readonly code: SwitchyardErrorCode;
  /** The HTTP status, or 0 when there was no answer. */
  readonly status: number;
  readonly detail: string;
  /** JSON pointer to the offending field of the submission or body. */
  readonly pointer: string | undefined;
  /** How to put it right. */
  readonly suggestion: string | undefined;
  /** How long the server asks to wait before trying again. */
  readonly retryAfterMs: number | undefined;
  /** Whether the same request may succeed later without change. */
  readonly retryable: boolean;
  /** True when the request is known to have changed nothing; false when it may have been applied. */
  readonly notApplied: boolean;

  constructor(facts: SwitchyardErrorFacts) {
    super(
      `${facts.code}: ${facts.detail}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.code = facts.code;
    this.status = facts.status;
    this.detail = facts.detail;
    this.pointer = facts.pointer;
    this.suggestion = facts.suggestion;
    this.retryAfterMs = facts.retryAfterMs;
    this.retryable = facts.retryable;
    this.notApplied = facts.notApplied;
  }
}
