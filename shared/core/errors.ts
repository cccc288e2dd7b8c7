import type { ErrorCode } from "./error-codes.ts";

/** The domain says no: a value, never thrown inside the core. Becomes an HTTP 4xx at the edge. */
export interface Rejection {
  readonly code: ErrorCode;
  /** What is wrong, about which thing, and what happens next. */
  readonly detail: string;
  /** JSON pointer to the offending field of the request body, or the query parameter's name. */
  readonly pointer?: string;
  /** How to put it right. */
  readonly suggestion?: string;
  /** After what time the same request may succeed, where that is known. */
  readonly retryAfterMs?: number;
}

/** Carries a rejection through code that must unwind; only the HTTP edge and use cases throw it. */
export class RejectionError extends Error {
  override readonly name = "RejectionError";
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(`${rejection.code}: ${rejection.detail}`);
    this.rejection = rejection;
  }
}

/** The world failed and may recover: throttling, a timeout, a lost connection. Made in adapters only. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The world failed and will keep failing: access denied, a missing table. Made in adapters only. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

/** An invariant of our own broke: a bug. Caught only by the handler wrapper. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
