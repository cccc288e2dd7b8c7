import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The one invocation that a runtime may ask for. */
export interface Invocation {
  readonly id: string;
  /** JSON. */
  readonly event: string;
  readonly deadlineAtMs: number;
  readonly functionArn: string;
  /** As X-Ray writes it. */
  readonly traceId?: string | undefined;
  readonly responseBytesMax: number;
}

/** What the runtime said of its invocation. */
export type Verdict =
  | { readonly kind: "response"; readonly text: string }
  | { readonly kind: "too_large" }
  | { readonly kind: "error"; readonly document: unknown };

export interface RuntimeApi {
  /** Host and port, as AWS_LAMBDA_RUNTIME_API has them. */
  readonly address: string;
  /** Settles when the verdict is there and the runtime has come back for more, or had the time to. */
  readonly finished: Promise<void>;
  /** What the runtime says from here on does not count any more. */
  refuseVerdicts(): void;
  /** The verdict, if there is one, once everything that was being sent has come or broken off. */
  verdict(): Promise<Verdict | undefined>;
  close(): Promise<void>;
}

const base = "/2018-06-01/runtime/";
const errorBytesMax = 256 * 1024;
/** Between a verdict and the end of a process that neither goes nor asks for more. */
const settleMs = 500;

/** Serves AWS's Lambda Runtime API for one invocation, on this machine alone. */
export async function openRuntimeApi(invocation: Invocation): Promise<RuntimeApi> {
  const host = new InvocationHost(invocation);
  const server = createServer((request, response) => host.take(request, response));
  // A runtime waits for its next invocation as long as it lives.
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Listening on a port: the address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    finished: host.finished,
    refuseVerdicts: () => host.refuseVerdicts(),
    verdict: () => host.verdict(),
    async close() {
      host.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

class InvocationHost {
  readonly finished: Promise<void>;
  readonly #invocation: Invocation;
  readonly #answering = new Set<Promise<void>>();
  #finish: () => void = () => undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #handedOut = false;
  #refusing = false;
  #verdict: Verdict | undefined;

  constructor(invocation: Invocation) {
    this.#invocation = invocation;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  refuseVerdicts(): void {
    this.#refusing = true;
  }

  async verdict(): Promise<Verdict | undefined> {
    await Promise.all(this.#answering);
    return this.#verdict;
  }

  close(): void {
    clearTimeout(this.#settleTimer);
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    const answering = this.#answer(request, response).catch(() => {
      // The runtime broke off in the middle of its sentence: there is nobody left to answer.
      response.destroy();
    });
    this.#answering.add(answering);
    void answering.then(() => this.#answering.delete(answering));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { id, responseBytesMax } = this.#invocation;
    switch (`${request.method} ${request.url}`) {
      case `GET ${base}invocation/next`:
        this.#next(response);
        return;
      case `POST ${base}invocation/${id}/response`: {
        const text = await readText(request, responseBytesMax);
        const verdict = text === undefined ? tooLarge : ({ kind: "response", text } as const);
        this.#conclude(response, verdict);
        return;
      }
      case `POST ${base}invocation/${id}/error`:
      case `POST ${base}init/error`: {
        const text = await readText(request, errorBytesMax);
        this.#conclude(response, { kind: "error", document: documentOf(request, text) });
        return;
      }
      default:
        refuse(response, 404, "InvalidRequest", "there is no such call or no such invocation");
    }
  }

  #next(response: ServerResponse): void {
    if (this.#handedOut) {
      // There is no other; as on Lambda, the runtime waits until it is ended.
      if (this.#verdict !== undefined) this.#finish();
      return;
    }
    this.#handedOut = true;
    const { id, event, deadlineAtMs, functionArn, traceId } = this.#invocation;
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(event),
      "lambda-runtime-aws-request-id": id,
      "lambda-runtime-deadline-ms": String(Math.floor(deadlineAtMs)),
      "lambda-runtime-invoked-function-arn": functionArn,
      ...(traceId === undefined ? {} : { "lambda-runtime-trace-id": traceId }),
    });
    response.end(event);
  }

  #conclude(response: ServerResponse, verdict: Verdict): void {
    if (this.#refusing || this.#verdict !== undefined) {
      refuse(response, 403, "InvalidStateTransition", "the invocation is over already");
      return;
    }
    this.#verdict = verdict;
    this.#settleTimer = setTimeout(this.#finish, settleMs);
    if (verdict.kind !== "too_large") {
      send(response, 202, { status: "OK" });
      return;
    }
    // The rest of the body is not read.
    response.setHeader("connection", "close");
    refuse(response, 413, "RequestEntityTooLarge", "the response is too large");
  }
}

const tooLarge: Verdict = { kind: "too_large" };

/** Undefined when it is larger than that. */
async function readText(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Left open at the bound: the answer still goes out over this connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** An error document without a readable body still has its type in a header. */
function documentOf({ headers }: IncomingMessage, text: string | undefined): unknown {
  const errorType = headers["lambda-runtime-function-error-type"];
  const fromHeader = typeof errorType === "string" ? { errorType } : {};
  if (text === undefined || text === "") return { ...fromHeader, errorMessage: "no message" };
  try {
    const document: unknown = JSON.parse(text);
    const isObject = typeof document === "object" && document !== null && !Array.isArray(document);
    return isObject ? { ...fromHeader, ...document } : { ...fromHeader, errorMessage: text };
  } catch {
    // Not JSON: the text itself is the message.
    return { ...fromHeader, errorMessage: text };
  }
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  send(response, status, { errorType: type, errorMessage: message });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
