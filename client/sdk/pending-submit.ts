import type { InstanceView } from "../../shared/contract/http/views.ts";
import type { TraceContext } from "../../shared/core/trace-context.ts";
import { onAbort } from "./on-abort.ts";
import { SwitchyardError } from "./switchyard-error.ts";
import { traceInForce } from "./trace-in-force.ts";

const encoder = new TextEncoder();

/** An accepted submission. */
export interface Accepted {
  readonly instance: InstanceView;
  /** True when the server had this submission already and answered with what it made of it then. */
  readonly repeated: boolean;
}

/** One submission on its way: its text never changes, so that every try says the same. */
export class PendingSubmit {
  readonly text: string;
  /** At least the number of bytes that the text takes. */
  readonly bytesMax: number;
  readonly sinceMs: number;
  /** Of the task whose code submits it; only those of the same trace travel together. */
  readonly trace: Partial<TraceContext> | undefined = traceInForce();
  readonly promise: Promise<Accepted>;
  tries = 0;
  /** Undefined until the first try; the empty string when it needs none. */
  key: string | undefined;
  settled = false;
  #resolve: (accepted: Accepted) => void = () => {};
  #reject: (reason: unknown) => void = () => {};
  #forgetSignal: (() => void) | undefined;

  constructor(
    text: string,
    key: string | undefined,
    sinceMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.text = text;
    this.key = key;
    // Three bytes per UTF-16 unit is the most; counting exactly pays only for large texts.
    this.bytesMax = text.length < 1_024 ? text.length * 3 : encoder.encode(text).length;
    this.sinceMs = sinceMs;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal !== undefined) this.#giveUpOn(signal);
  }

  /** The text with its idempotency key, when the client made one. */
  body(): string {
    return this.key === undefined || this.key === ""
      ? this.text
      : `{"idempotencyKey":"${this.key}",${this.text.slice(1)}`;
  }

  resolve(accepted: Accepted): void {
    this.#settle();
    this.#resolve(accepted);
  }

  reject(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #giveUpOn(signal: AbortSignal): void {
    if (signal.aborted) {
      this.reject(signal.reason);
      return;
    }
    this.#forgetSignal = onAbort(signal, () => this.reject(signal.reason));
  }

  #settle(): void {
    this.settled = true;
    this.#forgetSignal?.();
  }
}

/** The JSON of a submission; throws for what JSON cannot carry. */
export function submissionText(submission: object): string {
  try {
    return JSON.stringify(submission);
  } catch (error) {
    throw new SwitchyardError({
      code: "invalid_submission",
      status: 0,
      detail: `the submission cannot be written as JSON: ${error instanceof Error ? error.message : error}`,
      suggestion: "pass plain data: no cycles, no BigInt",
      retryable: false,
      notApplied: true,
      cause: error,
    });
  }
}
