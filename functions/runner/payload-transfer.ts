import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { InvocationEnvelope } from "../../shared/contract/envelope.ts";
import {
  type Bytes,
  fetchInput,
  type PayloadCarrier,
  putOutput,
} from "../../shared/contract/payload-exchange.ts";

/** A large output that was put away. */
export interface PutOutput {
  readonly bytes: number;
  readonly sha256: string;
}

/** How long one request may take: the attempt's own time limit ends it sooner. */
const requestMsMax = 600_000;

/** The envelope with its input inside, wherever that was; code behind it need not know the difference. */
export async function withInputs(
  envelope: InvocationEnvelope,
  signal: AbortSignal,
): Promise<InvocationEnvelope> {
  const { inputs_ref: ref, ...rest } = envelope;
  if (ref === undefined) return envelope;
  return { ...rest, inputs: await fetchInput(ref, carrierFor(signal)) };
}

/** Puts an output's JSON text where the envelope's `outputs_url` says that large ones go. */
export async function putAway(url: string, text: string, signal: AbortSignal): Promise<PutOutput> {
  const marker = await putOutput(url, text, carrierFor(signal));
  return marker.switchyard_output;
}

function carrierFor(signal: AbortSignal): PayloadCarrier {
  const limited = () => AbortSignal.any([signal, AbortSignal.timeout(requestMsMax)]);
  return {
    async get(url, bytesMax) {
      const response = await fetch(url, { signal: limited() });
      if (response.ok) return { status: response.status, bytes: await read(response, bytesMax) };
      await response.body?.cancel();
      return { status: response.status, bytes: new Uint8Array() };
    },
    async put(url, headers, bytes) {
      const response = await fetch(url, {
        method: "PUT",
        headers: { ...headers },
        body: bytes,
        signal: limited(),
      });
      await response.body?.cancel();
      return response.status;
    },
    sha256: async (bytes) => hash("sha256", bytes, "hex"),
    pause: async (delayMs) => {
      await sleep(delayMs, undefined, { signal });
    },
    isOver: () => signal.aborted,
  };
}

/** Stops soon after the announced end, whatever the other side goes on to send. */
async function read(response: Response, bytesMax: number): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > bytesMax) break;
  }
  const bytes = new Uint8Array(length);
  let place = 0;
  for (const part of parts) {
    bytes.set(part, place);
    place += part.length;
  }
  return bytes;
}
