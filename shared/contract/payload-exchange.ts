import type { JsonValue } from "../core/json.ts";
import type { InvocationEnvelope } from "./envelope.ts";
import type { OutputMarker } from "./envelope-form.ts";

type InputsRef = NonNullable<InvocationEnvelope["inputs_ref"]>;

/** HTTP, hashing and time, as whoever runs a task's code has them. */
export interface PayloadCarrier {
  /** Reads at most `bytesMax` bytes and one more. */
  get(url: string, bytesMax: number): Promise<{ readonly status: number; readonly bytes: Bytes }>;
  put(url: string, headers: Readonly<Record<string, string>>, bytes: Bytes): Promise<number>;
  /** In hexadecimal digits. */
  sha256(bytes: Bytes): Promise<string>;
  pause(delayMs: number): Promise<void>;
  /** True when nobody waits for the result any more. */
  isOver(): boolean;
}

export type Bytes = Uint8Array<ArrayBuffer>;

/** A payload could not be fetched or put; `retryable` is false when another attempt cannot help. */
export class PayloadError extends Error {
  override readonly name: string = "PayloadError";
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean, cause?: unknown) {
    super(message, { cause });
    this.retryable = retryable;
  }
}

/** The first use of a place wins: a repeated run of the same attempt must not change its output. */
export const outputPutHeaders = {
  "content-type": "application/json",
  "if-none-match": "*",
} as const;

const triesMax = 5;
const firstPauseMs = 200;

/** Fetches an input, makes sure that it is the one submitted, and reads it. */
export async function fetchInput(ref: InputsRef, carrier: PayloadCarrier): Promise<JsonValue> {
  const { status, bytes } = await again(carrier, "the input could not be fetched", () =>
    carrier.get(ref.url, ref.bytes),
  );
  if (status === 404 || status === 410) {
    throw new PayloadError("the input is not there any more; submit it again", false);
  }
  if (status !== 200) {
    throw new PayloadError(`the input could not be fetched: its address answers ${status}`, true);
  }
  if (bytes.length !== ref.bytes || (await carrier.sha256(bytes)) !== ref.sha256) {
    const what = `${ref.bytes} bytes with SHA-256 ${ref.sha256}`;
    throw new PayloadError(`what was uploaded as input is not what was submitted: ${what}`, false);
  }
  return parsed(bytes);
}

/** Puts an output where large ones go; what it answers is returned instead of the output. */
export async function putOutput(
  url: string,
  text: string,
  carrier: PayloadCarrier,
): Promise<OutputMarker> {
  const bytes: Bytes = new TextEncoder().encode(text);
  const sha256 = await carrier.sha256(bytes);
  let unclear = false;
  const { status } = await again(carrier, "the output could not be put away", async (isAgain) => {
    unclear ||= isAgain;
    return { status: await carrier.put(url, outputPutHeaders, bytes) };
  });
  // Nobody else has this address but another run of this attempt, which would have its own output.
  const isOurs = status === 412 && unclear;
  if (status >= 300 && !isOurs) {
    const why =
      status === 412
        ? "another run of this attempt has put one there before"
        : `its place answers ${status}`;
    throw new PayloadError(`the output could not be put away: ${why}`, status !== 413);
  }
  return { switchyard_output: { bytes: bytes.length, sha256 } };
}

/** Until there is an answer that another try would not change, a bounded number of times. */
async function again<Answer extends { readonly status: number }>(
  carrier: PayloadCarrier,
  complaint: string,
  attempt: (isAgain: boolean) => Promise<Answer>,
): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await attempt(tries > 1);
      const mayChange = answer.status >= 500 || answer.status === 429 || answer.status === 408;
      if (!mayChange || tries >= triesMax || carrier.isOver()) return answer;
    } catch (error) {
      if (tries >= triesMax || carrier.isOver()) {
        const why = error instanceof Error ? error.message : String(error);
        throw new PayloadError(`${complaint}: ${why}`, true, error);
      }
    }
    await carrier.pause(firstPauseMs * 2 ** (tries - 1));
  }
}

function parsed(bytes: Bytes): JsonValue {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new PayloadError(`what was uploaded as input is not JSON: ${why}`, false, error);
  }
}
