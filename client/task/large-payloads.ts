import type { FunctionContext, InvocationEnvelope } from "../../shared/contract/envelope.ts";
import type { OutputMarker } from "../../shared/contract/envelope-form.ts";
import {
  fetchInput,
  type PayloadCarrier,
  PayloadError,
  putOutput,
} from "../../shared/contract/payload-exchange.ts";
import { FinalError } from "./final-error.ts";

/** The input, wherever it is: in the event, or at an address that the event names. */
export async function inputOf(
  envelope: InvocationEnvelope,
  platform: FunctionContext,
): Promise<unknown> {
  const { inputs_ref: ref } = envelope;
  if (ref === undefined) return envelope.inputs;
  return await orFinal(() => fetchInput(ref, carrierFor(platform)));
}

/** What to return for an output: itself, or the marker of one that had to be put elsewhere. */
export async function returnedFor<Output>(
  output: Output,
  envelope: InvocationEnvelope | undefined,
  platform: FunctionContext,
): Promise<Output | OutputMarker> {
  const place = envelope?.outputs_url;
  // Our own runner puts outputs away itself; it is the one platform that hears heartbeats.
  if (place === undefined || platform.heartbeat !== undefined) return output;
  const text = textOf(output);
  // A UTF-16 unit takes three bytes at most, so short texts need not be counted.
  if (text === undefined || text.length * 3 <= place.inline_bytes_max) return output;
  if (new TextEncoder().encode(text).length <= place.inline_bytes_max) return output;
  return await orFinal(() => putOutput(place.url, text, carrierFor(platform)));
}

/** Undefined for what JSON cannot carry: the platform says so better, and under its own name. */
function textOf(output: unknown): string | undefined {
  try {
    return JSON.stringify(output);
  } catch {
    return undefined;
  }
}

/** On some backends only an error's name survives the way, so that what is final must be called so. */
async function orFinal<Value>(carry: () => Promise<Value>): Promise<Value> {
  try {
    return await carry();
  } catch (error) {
    if (error instanceof PayloadError && !error.retryable) {
      throw new FinalError(error.message, { cause: error });
    }
    throw error;
  }
}

/** Left for reporting that the time was not enough. */
const reserveMs = 1_000;
const requestMsMax = 600_000;

function carrierFor(platform: FunctionContext): PayloadCarrier {
  const remainingMs = (): number => platform.getRemainingTimeInMillis?.() ?? requestMsMax;
  const limited = (): AbortSignal => {
    const timer = AbortSignal.timeout(Math.min(requestMsMax, Math.max(1, remainingMs())));
    return platform.signal === undefined ? timer : AbortSignal.any([timer, platform.signal]);
  };
  return {
    async get(url) {
      const response = await fetch(url, { signal: limited() });
      return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
    },
    async put(url, headers, bytes) {
      const init = { method: "PUT", headers: { ...headers }, body: bytes, signal: limited() };
      const response = await fetch(url, init);
      await response.body?.cancel();
      return response.status;
    },
    async sha256(bytes) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
    pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
    isOver: () => platform.signal?.aborted === true || remainingMs() < reserveMs,
  };
}
