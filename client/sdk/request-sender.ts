import type { TraceContext } from "../../shared/core/trace-context.ts";
import { badAnswer, errorOfAnswer, errorOfTransport } from "./answer-errors.ts";
import type { ClientClock } from "./client-clock.ts";
import { nextDelayMs, type RetryOptions } from "./retry-schedule.ts";
import { SwitchyardError } from "./switchyard-error.ts";
import { traceInForce } from "./trace-in-force.ts";
import {
  type Transport,
  type TransportAnswer,
  TransportError,
  type TransportRequest,
} from "./transport.ts";

/** One request to the API. */
export interface ApiRequest {
  readonly method: TransportRequest["method"];
  /** Below the server's address, with its query. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
  /** Whether sending it twice does no more than sending it once. */
  readonly repeatable: boolean;
  readonly timeoutMs?: number;
  /** A status of failure whose answer is wanted all the same. */
  readonly acceptStatus?: number;
  /** The trace it belongs to; default: that of the task whose code asks. */
  readonly trace?: Partial<TraceContext> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Adds credentials to a complete request; called for every try, since signatures carry the time. */
export type RequestSigner = (
  request: TransportRequest,
) => TransportRequest | Promise<TransportRequest>;

export interface SenderOptions {
  readonly url: string;
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
  readonly sign: RequestSigner | undefined;
  readonly retry: RetryOptions;
  readonly requestTimeoutMs: number;
  readonly clock: ClientClock;
  /** Aborted when the client is closed: no further tries then. */
  readonly closing: AbortSignal;
}

/** Sends requests to one server, and again where that is safe and may help. */
export class RequestSender {
  readonly #options: SenderOptions;
  readonly #bodyHeaders: Readonly<Record<string, string>>;
  readonly #plainHeaders: Readonly<Record<string, string>>;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#plainHeaders = { accept: "application/json", ...options.headers };
    this.#bodyHeaders = { ...this.#plainHeaders, "content-type": "application/json" };
  }

  /** One try; throws a `SwitchyardError` for everything but a success. */
  async sendOnce(request: ApiRequest): Promise<TransportAnswer> {
    const { url: base, transport, sign, clock } = this.#options;
    const url = base + request.path;
    const unsigned: TransportRequest = {
      method: request.method,
      url,
      headers: withTrace(
        request.body === undefined ? this.#plainHeaders : this.#bodyHeaders,
        request.trace ?? traceInForce(),
      ),
      body: request.body,
      timeoutMs: request.timeoutMs ?? this.#options.requestTimeoutMs,
      signal: request.signal,
    };
    const complete = sign === undefined ? unsigned : await sign(unsigned);
    let answer: TransportAnswer;
    try {
      answer = await transport.send(complete);
    } catch (error) {
      throw error instanceof TransportError ? errorOfTransport(error, url) : error;
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status === request.acceptStatus && !isProblem(answer)) return answer;
    throw errorOfAnswer(answer, url, clock.nowMs());
  }

  /** One try, and its answer's JSON. */
  async sendForJson(request: ApiRequest): Promise<unknown> {
    const answer = await this.sendOnce(request);
    return jsonOf(answer);
  }

  /** Tries until there is an answer with JSON, a refusal, or no more tries. */
  requestJson(request: ApiRequest): Promise<unknown> {
    return this.#repeated(request, () => this.sendForJson(request));
  }

  /** The same for any answer. */
  requestAnswer(request: ApiRequest): Promise<TransportAnswer> {
    return this.#repeated(request, () => this.sendOnce(request));
  }

  async #repeated<Answer>(request: ApiRequest, once: () => Promise<Answer>): Promise<Answer> {
    const { retry, clock, closing } = this.#options;
    const startedAtMs = clock.nowMs();
    for (let tries = 1; ; tries++) {
      try {
        return await once();
      } catch (error) {
        if (!(error instanceof SwitchyardError) || !error.retryable) throw error;
        if (!request.repeatable && !error.notApplied) throw error;
        const { retryAfterMs } = error;
        const elapsedMs = clock.nowMs() - startedAtMs;
        const delayMs = nextDelayMs(retry, { tries, elapsedMs, retryAfterMs }, clock.random());
        if (delayMs === undefined) throw error;
        const { signal } = request;
        await clock.sleep(
          delayMs,
          signal === undefined ? closing : AbortSignal.any([signal, closing]),
        );
      }
    }
  }
}

function withTrace(
  headers: Readonly<Record<string, string>>,
  trace: Partial<TraceContext> | undefined,
): Readonly<Record<string, string>> {
  return trace === undefined ? headers : { ...headers, ...trace };
}

function isProblem(answer: TransportAnswer): boolean {
  return answer.header("content-type")?.startsWith("application/json") !== true;
}

export function jsonOf(answer: TransportAnswer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    throw badAnswer(answer.status, "the answer is not JSON, or was cut off");
  }
}
