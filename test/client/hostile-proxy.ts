import {
  createServer,
  type IncomingMessage,
  request as openRequest,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/** What the network does to a request that the server never sees. */
export type LostRequest = "drop before" | "garbage" | "busy" | "redirect";

/** What the network does to the answer of a request that was carried out. */
export type LostAnswer =
  /** The connection ends without an answer. */
  | "drop after"
  /** The connection breaks in the middle of the answer. */
  | "break off"
  /** The answer is complete by its headers but its JSON is not. */
  | "cut JSON"
  /** Nothing ever comes back. */
  | "silence"
  /** A gateway has lost patience (F70). */
  | "gateway timeout";

export type Fault = "none" | LostRequest | LostAnswer;

export interface ProxiedRequest {
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly fault: Fault;
}

export interface HostileProxy {
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  close(): Promise<void>;
}

/** A server that stands between client and server and does to each request what the plan says. */
export async function openHostileProxy(
  target: string,
  plan: (request: Omit<ProxiedRequest, "fault">) => Fault,
): Promise<HostileProxy> {
  const requests: ProxiedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    void readAll(incoming).then(async (body) => {
      const { method = "GET", url: path = "/" } = incoming;
      const seen = { number: requests.length, method, path, body };
      const fault = plan(seen);
      requests.push({ ...seen, fault });
      await suffer(fault, { target, incoming, outgoing, body });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Exchange {
  readonly target: string;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: string;
}

async function suffer(fault: Fault, exchange: Exchange): Promise<void> {
  const { outgoing } = exchange;
  switch (fault) {
    case "drop before":
      outgoing.destroy();
      return;
    case "garbage":
      outgoing.writeHead(200, { "content-type": "text/html" }).end("<html>Please log in</html>");
      return;
    case "busy":
      outgoing.writeHead(503, { "retry-after": "7" }).end("busy");
      return;
    case "redirect":
      outgoing.writeHead(307, { location: "http://127.0.0.1:1/elsewhere" }).end();
      return;
    default:
      answer(fault, outgoing, await forward(exchange));
  }
}

function answer(
  fault: "none" | LostAnswer,
  outgoing: ServerResponse,
  { status, text }: { readonly status: number; readonly text: string },
): void {
  const type = { "content-type": status < 400 ? "application/json" : "application/problem+json" };
  const half = text.slice(0, Math.floor(text.length / 2));
  switch (fault) {
    case "none":
      outgoing.writeHead(status, type).end(text);
      return;
    case "drop after":
      outgoing.destroy();
      return;
    case "break off":
      outgoing.writeHead(status, { ...type, "content-length": Buffer.byteLength(text) });
      outgoing.write(half, () => outgoing.destroy());
      return;
    case "cut JSON":
      outgoing.writeHead(status, type).end(half);
      return;
    case "gateway timeout":
      outgoing.writeHead(504, { "content-type": "text/html" }).end("<h1>Gateway timeout</h1>");
      return;
    case "silence":
      return;
  }
}

function forward({ target, incoming, body }: Exchange): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { method, url = "/", headers } = incoming;
    const onward = openRequest(new URL(url, target), { method, headers, agent: false }, (answer) =>
      readAll(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject),
    );
    onward.on("error", reject);
    onward.end(body);
  });
}

function readAll(stream: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => resolve(Buffer.concat(parts).toString("utf8")));
    stream.on("error", reject);
  });
}
