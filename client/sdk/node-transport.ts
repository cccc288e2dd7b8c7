import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { onAbort } from "./on-abort.ts";
import {
  neverConnectedCodes,
  systemCodeOf,
  type Transport,
  type TransportAnswer,
  TransportError,
  type TransportRequest,
} from "./transport.ts";

/**
 * The transport for Node: kept-alive connections over node:http, which take a third to a half of
 * the processor time of Node's own `fetch` (docs/sdk.md has the figures).
 */
export function openNodeTransport(options: { readonly connectionsMax?: number } = {}): Transport {
  const agentOptions = { keepAlive: true, maxSockets: options.connectionsMax ?? 32, noDelay: true };
  const http = new HttpAgent(agentOptions);
  const https = new HttpsAgent(agentOptions);
  return {
    send(request) {
      const secure = request.url.startsWith("https:");
      return sendByNode(request, secure ? requestHttps : requestHttp, secure ? https : http);
    },
    close() {
      // Not destroy(): requests under way still get their answers.
      for (const agent of [http, https]) {
        for (const sockets of Object.values(agent.freeSockets)) {
          for (const socket of sockets ?? []) socket.destroy();
        }
      }
    },
  };
}

function sendByNode(
  request: TransportRequest,
  open: typeof requestHttp,
  agent: HttpAgent,
): Promise<TransportAnswer> {
  const { method, url, headers, body, timeoutMs, signal } = request;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    let timedOut = false;
    const outgoing = open(url, {
      method,
      agent,
      headers:
        body === undefined ? headers : { ...headers, "content-length": Buffer.byteLength(body) },
    });
    const timer = setTimeout(() => {
      timedOut = true;
      outgoing.destroy();
    }, timeoutMs);
    const forgetSignal =
      signal === undefined ? undefined : onAbort(signal, () => outgoing.destroy());
    const end = (): void => {
      clearTimeout(timer);
      forgetSignal?.();
    };
    const fail = (error: unknown): void => {
      end();
      reject(signal?.aborted ? signal.reason : failureOf(error, timedOut, timeoutMs));
    };
    outgoing.on("error", fail);
    outgoing.on("response", (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("error", fail);
      incoming.on("end", () => {
        end();
        resolve(answerOf(incoming, parts));
      });
    });
    outgoing.end(body);
  });
}

function answerOf(incoming: IncomingMessage, parts: readonly Buffer[]): TransportAnswer {
  const [only] = parts;
  const whole = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return {
    status: incoming.statusCode ?? 0,
    header(name) {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    text: whole.toString("utf8"),
  };
}

function failureOf(error: unknown, timedOut: boolean, timeoutMs: number): TransportError {
  if (timedOut) {
    return new TransportError(`no answer within ${timeoutMs} ms`, {
      maybeSent: true,
      timedOut: true,
      cause: error,
    });
  }
  const code = systemCodeOf(error);
  return new TransportError(code ?? (error instanceof Error ? error.message : String(error)), {
    maybeSent: code === undefined || !neverConnectedCodes.has(code),
    cause: error,
  });
}
