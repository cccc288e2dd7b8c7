import type {
  PayloadPlaceView,
  PayloadSlotView,
} from "../../shared/contract/http/payload-views.ts";
import type { InstanceView } from "../../shared/contract/http/views.ts";
import type { JsonValue } from "../../shared/core/json.ts";
import { limits } from "../../shared/core/limits.ts";
import type { UploadedInput } from "../../shared/instance/submission.ts";
import type { CallOptions } from "./client.ts";
import { type Ask, instancePath } from "./read-calls.ts";
import { jsonOf, RequestSender, type SenderOptions } from "./request-sender.ts";
import { SwitchyardError } from "./switchyard-error.ts";

export interface PayloadOptions {
  readonly ask: Ask;
  readonly sender: RequestSender;
  /** Of the sender; addresses of payloads carry their own permission, so credentials are left out. */
  readonly senderOptions: SenderOptions;
  /** Larger payloads are not fetched. */
  readonly fetchBytesMax: number;
}

type Bytes = Uint8Array<ArrayBuffer>;
type Field = "input" | "output";

const encoder = new TextEncoder();
/** Each holds a whole payload in memory. */
const atOnceMax = 4;
/** A line that carries less than this many bytes per millisecond is given up. */
const bytesPerMsMin = 32;

/** Carries inputs and outputs that are too large for a request, so that callers need not know of it. */
export class PayloadCalls {
  readonly #options: PayloadOptions;
  readonly #waiting: (() => void)[] = [];
  #underway = 0;

  constructor(options: PayloadOptions) {
    this.#options = options;
  }

  /** The submission to send: its input uploaded and referred to when it is large, else unchanged. */
  async withUploadedInput(submission: object, signal: AbortSignal | undefined): Promise<object> {
    const { input, ...rest } = submission as { readonly input?: unknown };
    const text = input === undefined ? undefined : JSON.stringify(input);
    if (text === undefined) return submission;
    const bytes = encoder.encode(text);
    if (bytes.length <= limits.inputBytesMax) return submission;
    const inputRef = await this.#oneOfFew(() => this.#upload(text, bytes, signal));
    return { ...rest, inputRef };
  }

  /** For a question that uploads nothing: of the input only the size is told. */
  async withMeasuredInput(submission: object): Promise<object> {
    const { input, ...rest } = submission as { readonly input?: unknown };
    const text = input === undefined ? undefined : JSON.stringify(input);
    if (text === undefined) return submission;
    const bytes = encoder.encode(text);
    if (bytes.length <= limits.inputBytesMax) return submission;
    const inputRef: UploadedInput = {
      // A dry run does not look for it.
      id: `in_${"0".repeat(24)}`,
      bytes: bytes.length,
      sha256: await sha256Of(bytes),
    };
    return { ...rest, inputRef };
  }

  /** The instance with its output inside, wherever that is kept. */
  async withOutput(instance: InstanceView, options: CallOptions = {}): Promise<InstanceView> {
    const { outputRef } = instance;
    if (outputRef === undefined || options.largeOutputs === "leave") return instance;
    // It was parsed from JSON just now.
    const output = (await this.fetch(instance.id, "output", options)) as JsonValue;
    return { ...instance, output };
  }

  /** The input or output of an instance, whatever its size. */
  async fetch(id: string, field: Field, options: CallOptions = {}): Promise<unknown> {
    const { sender, fetchBytesMax } = this.#options;
    const { signal } = options;
    const path = `${instancePath(id)}/${field}`;
    const answer = await sender.requestAnswer({
      method: "GET",
      path,
      repeatable: true,
      acceptStatus: 307,
      signal,
    });
    if (answer.status !== 307) return jsonOf(answer);
    // What the contract says of this answer; a stranger's was refused by its status or form.
    const place = jsonOf(answer) as PayloadPlaceView;
    if (place.bytes > fetchBytesMax) throw tooLarge(id, field, place.bytes, fetchBytesMax);
    return await this.#oneOfFew(() => this.#download(place, signal));
  }

  async #upload(
    text: string,
    bytes: Bytes,
    signal: AbortSignal | undefined,
  ): Promise<UploadedInput> {
    const facts = { bytes: bytes.length, sha256: await sha256Of(bytes) };
    const slot = await this.#options.ask<PayloadSlotView>({
      method: "POST",
      path: "/v1/payloads",
      body: facts,
      repeatable: true,
      options: { signal },
    });
    try {
      await this.#elsewhere(slot.headers).requestAnswer({
        method: "PUT",
        path: slot.url,
        body: text,
        repeatable: true,
        timeoutMs: this.#timeoutMsFor(bytes.length),
        signal,
      });
    } catch (error) {
      // It is there: an earlier try got through and only its answer was lost.
      if (!(error instanceof SwitchyardError && error.status === 412)) throw error;
    }
    return { id: slot.id, ...facts };
  }

  async #download(place: PayloadPlaceView, signal: AbortSignal | undefined): Promise<unknown> {
    const answer = await this.#elsewhere({}).requestAnswer({
      method: "GET",
      path: place.url,
      repeatable: true,
      timeoutMs: this.#timeoutMsFor(place.bytes),
      signal,
    });
    const bytes = encoder.encode(answer.text);
    if (bytes.length !== place.bytes || (await sha256Of(bytes)) !== place.sha256) throw damaged();
    return jsonOf(answer);
  }

  #elsewhere(headers: Readonly<Record<string, string>>): RequestSender {
    return new RequestSender({ ...this.#options.senderOptions, url: "", headers, sign: undefined });
  }

  #timeoutMsFor(bytes: number): number {
    return this.#options.senderOptions.requestTimeoutMs + Math.ceil(bytes / bytesPerMsMin);
  }

  async #oneOfFew<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#underway >= atOnceMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#underway++;
    try {
      return await work();
    } finally {
      this.#underway--;
      this.#waiting.shift()?.();
    }
  }
}

async function sha256Of(bytes: Bytes): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tooLarge(id: string, field: Field, bytes: number, bytesMax: number): SwitchyardError {
  return new SwitchyardError({
    code: "payload_too_large",
    status: 0,
    detail: `the ${field} of ${id} has ${bytes} bytes; this client fetches at most ${bytesMax}`,
    suggestion: 'raise fetchBytesMax, or ask with largeOutputs: "leave" and fetch it yourself',
    retryable: false,
    notApplied: true,
  });
}

function damaged(): SwitchyardError {
  return new SwitchyardError({
    code: "bad_answer",
    status: 200,
    detail: "what was fetched is not what was put there: its size or SHA-256 differs",
    retryable: false,
    notApplied: true,
  });
}
