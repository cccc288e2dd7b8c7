import type { Agent, IncomingMessage, request as requestHttp } from "node:http";
import { onAbort } from "./on-abort.ts";
import {
  type Transport,
  type TransportAnswer,
  type TransportRequest,
  transportErrorOf,
} from "./transport.ts";

/** How requests of one scheme are opened, and over which kept connections. */
interface Line {
  readonly open: typeof requestHttp;
  readonly agent: Agent;
}

interface Lines {
  readonly http: Line;
  readonly https: Line;
}

/**
 * The transport for Node: kept-alive connections over node:http, which take about a third of the
 * processor time of Node's own `fetch` (docs/sdk.md has the figures).
 */
export function openNodeTransport(options: { readonly connectionsMax?: number } = {}): Transport {
  let opening: Promise<Lines> | undefined;
  let lines: Lines | undefined;
  return {
    async send(request) {
      opening ??= openLines(options.connectionsMax ?? 32);
      lines ??= await opening;
      return sendByNode(request, request.url.startsWith("https:") ? lines.https : lines.http);
    },
    close() {
      if (lines === undefined) return;
      closeIdle(lines.http.agent);
      closeIdle(lines.https.agent);
    },
  };
}

/** Loaded at the first request: programs that only define tasks do not pay for it. */
async function openLines(connectionsMax: number): Promise<Lines> {
  const [http, https] = await Promise.all([import("node:http"), import("node:https")]);
  const agentOptions = { keepAlive: true, maxSockets: connectionsMax, noDelay: true };
  return {
    http: { open: http.request, agent: new http.Agent(agentOptions) },
    https: { open: https.request, agent: new https.Agent(agentOptions) },
  };
}

/** Not `destroy()`: requests under way still get their answers. */
function closeIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy();
  }
}

function sendByNode(request: TransportRequest, { open, agent }: Line): Promise<TransportAnswer> {
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
      reject(
        signal?.aborted ? signal.reason : transportErrorOf(error, timedOut ? timeoutMs : undefined),
      );
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
