import type { PayloadSlotView } from "../../shared/contract/http/payload-views.ts";
import { errorOfAnswer, errorOfTransport } from "./answer-errors.ts";
import type { CallOptions } from "./client.ts";
import type { ClientClock } from "./client-clock.ts";
import type { Ask } from "./read-calls.ts";
import { type Transport, TransportError } from "./transport.ts";

/** What was uploaded, as requests refer to it. */
export interface UploadedPayload {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface UploadDeps {
  readonly ask: Ask;
  readonly transport: Transport;
  readonly clock: ClientClock;
}

/** Large bodies take a while on slow lines. */
const uploadMsMax = 15 * 60_000;
const triesMax = 3;
/** Said to a second PUT: the first one arrived, only its answer did not. */
const alreadyThere = 412;

/** Puts the zip file of a function where the server says; nobody on the way can put anything else there. */
export async function uploadPackage(
  { ask, transport, clock }: UploadDeps,
  content: Uint8Array<ArrayBuffer>,
  options?: CallOptions,
): Promise<UploadedPayload> {
  const sha256 = await sha256Of(content);
  const bytes = content.byteLength;
  const slot = await ask<PayloadSlotView>({
    method: "POST",
    path: "/v1/payloads",
    body: { purpose: "package", bytes, sha256 },
    // A place that nobody fills costs nothing.
    repeatable: true,
    options,
  });
  for (let tries = 1; ; tries++) {
    try {
      // Straight to the place: its address is the permission, and a credential is none of its business.
      const answer = await transport.send({
        method: "PUT",
        url: slot.url,
        headers: slot.headers,
        body: content,
        timeoutMs: uploadMsMax,
        signal: options?.signal,
      });
      if (answer.status < 300 || answer.status === alreadyThere) {
        return { id: slot.id, bytes, sha256 };
      }
      const error = errorOfAnswer(answer, slot.url, clock.nowMs());
      if (!error.retryable || tries >= triesMax) throw error;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (tries >= triesMax) throw errorOfTransport(error, slot.url);
    }
    await clock.sleep(1_000 * tries, options?.signal);
  }
}

async function sha256Of(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
