/** One HTTP request, complete: what a signer may add headers to. */
export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
  /** Without an answer by then, the transport gives up. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One HTTP answer, read to its end. */
export interface TransportAnswer {
  readonly status: number;
  /** A header's value, by lower-case name. */
  header(name: string): string | undefined;
  readonly text: string;
}

/** Carries requests to the server. Throws `TransportError`, or the signal's reason when aborted. */
export interface Transport {
  send(request: TransportRequest): Promise<TransportAnswer>;
  /** Lets go of idle connections. */
  close(): void;
}

/** There is no complete answer. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  /** False when no connection came about, so that the server cannot have seen the request. */
  readonly maybeSent: boolean;
  readonly timedOut: boolean;

  constructor(
    message: string,
    facts: { readonly maybeSent: boolean; readonly timedOut?: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.maybeSent = facts.maybeSent;
    this.timedOut = facts.timedOut ?? false;
  }
}

/** What a transport throws for an error of the runtime; `timedOutMs` when its own time was over. */
export function transportErrorOf(cause: unknown, timedOutMs: number | undefined): TransportError {
  if (timedOutMs !== undefined) {
    const message = `no answer within ${timedOutMs} ms`;
    return new TransportError(message, { maybeSent: true, timedOut: true, cause });
  }
  const code = systemCodeOf(cause);
  return new TransportError(code ?? (cause instanceof Error ? cause.message : String(cause)), {
    maybeSent: code === undefined || !neverConnectedCodes.has(code),
    cause,
  });
}

/** System error codes that mean the connection never came about. */
const neverConnectedCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The system's code of an error, looked for through its causes. */
function systemCodeOf(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; depth < 5 && typeof current === "object" && current !== null; depth++) {
    if ("code" in current && typeof current.code === "string") return current.code;
    // Several addresses were tried, as with "localhost": they failed alike.
    if ("errors" in current && Array.isArray(current.errors)) current = current.errors[0];
    else current = "cause" in current ? current.cause : undefined;
  }
  return undefined;
}
