import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** One request as it came over the wire. */
export interface WireRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How one request goes wrong. */
export type WireFault =
  | { readonly kind: "refuse"; readonly answer: WireAnswer }
  /** The connection ends before anything is done. */
  | { readonly kind: "cut" }
  /** All is done, but the answer never arrives. */
  | { readonly kind: "apply-then-cut" };

/** A stub of a cloud's API on a loopback port, whose requests can be made to go wrong one by one. */
export interface StubServer {
  readonly endpoint: string;
  readonly port: number;
  /** Requests so far. */
  requests: number;
  /** Decides by the number of the request since the last reset, from 0, and what it is. */
  fault: ((index: number, request: WireRequest) => WireFault | undefined) | undefined;
  close(): Promise<void>;
}

export async function startStubServer(
  answer: (request: WireRequest) => WireAnswer,
): Promise<StubServer> {
  const server = createServer(async (message, response) => {
    const request = await readRequest(message);
    const fault = stub.fault?.(stub.requests, request);
    stub.requests += 1;
    if (fault?.kind === "cut") return void response.destroy();
    if (fault?.kind === "refuse") return send(response, fault.answer);
    const answered = answer(request);
    if (fault?.kind === "apply-then-cut") return void response.destroy();
    send(response, answered);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  const stub: StubServer = {
    endpoint: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests: 0,
    fault: undefined,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return stub;
}

async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = Object.entries(message.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: message.method ?? "",
    path: message.url ?? "",
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.concat(chunks),
  };
}

function send(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  const content = Buffer.isBuffer(body) ? body : body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(content);
}
