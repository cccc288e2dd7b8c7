import { TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { type Fault, faultOf } from "./dynamo/faults.ts";
import { type Pace, realPace } from "./dynamo/table-access.ts";

/** One kind of call to an AWS service, for messages and for the question how often to try. */
export interface AwsCall {
  /** As IAM names it, for example "sqs:SendMessageBatch". */
  readonly action: string;
  /** What is acted upon, in words. */
  readonly target: string;
  /** False when a call that may have been carried out must not be made again. */
  readonly repeatUnclear: boolean;
  readonly triesMax: number;
  /** Time and chance of the waits between tries; the real ones by default. */
  readonly pace?: Pace;
}

/** Settings of the clients: no hidden retries, and an answer or an error within seconds. */
export const awsClientDefaults = {
  maxAttempts: 1,
  requestHandler: {
    connectionTimeout: 1_000,
    requestTimeout: 4_000,
    throwOnRequestTimeout: true,
  },
} as const;

const waits = { baseDelayMs: 25, delayMsMax: 500 } as const;

/** Refusals for being too fast that carry neither the usual name nor status 429. */
const throttledNames: ReadonlySet<string> = new Set([
  "RequestThrottled",
  "Throttling",
  "ThrottledException",
  "KmsThrottled",
]);

/** What an error of an SDK client means, whichever service it is of. */
export function awsFaultOf(error: unknown): Fault {
  if (throttledNames.has(nameOf(error))) return { kind: "busy", retryAfterMs: 1_000 };
  return faultOf(error);
}

/** The name by which AWS knows the error; "unknown error" for what is none. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown error";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Calls until it answers, a bounded number of times with full jitter, and throws the SDK's own error
 * when it gives up. The SDK's retries are off: they would hide that a try may have been carried out.
 */
export async function tryAws<Answer>(call: AwsCall, run: () => Promise<Answer>): Promise<Answer> {
  const { random, sleep } = call.pace ?? realPace;
  for (let tried = 1; ; tried++) {
    try {
      return await run();
    } catch (error) {
      const { kind } = awsFaultOf(error);
      const repeatable = kind === "busy" || (kind === "unclear" && call.repeatUnclear);
      if (!repeatable || tried >= call.triesMax) throw error;
      const ceilingMs = Math.min(waits.delayMsMax, waits.baseDelayMs * 2 ** (tried - 1));
      await sleep(Math.floor(ceilingMs * random.next()));
    }
  }
}

/** Like `tryAws`, with the faults of the domain instead of the SDK's errors. */
export async function callAws<Answer>(call: AwsCall, run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await tryAws(call, run);
  } catch (error) {
    const fault = awsFaultOf(error);
    if (fault.kind === "bug") throw error;
    const message = `${call.action} on ${call.target} failed: ${nameOf(error)}: ${messageOf(error)}`;
    if (fault.kind === "terminal") throw new TerminalError(message, { cause: error });
    throw new TransientError(message, { cause: error });
  }
}
