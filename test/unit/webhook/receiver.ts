import type { IncomingMessage, ServerResponse } from "node:http";
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { receiverCertificate, receiverKey } from "../../fixtures/receiver-certificate.ts";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** The name that the client asked for in its TLS greeting. */
  readonly serverName: string | undefined;
}

export interface Receiver {
  readonly port: number;
  readonly received: Received[];
  /** Connections that were opened, whatever came of them. */
  readonly connections: () => number;
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse, socket: Socket) => void;

/** A server of webhooks on this machine that answers as it is told. */
export async function openReceiver(
  answer: Answer,
  { secure = false }: { readonly secure?: boolean } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const name = (request.socket as Partial<TLSSocket>).servername;
      const serverName = typeof name === "string" ? name : undefined;
      received.push({ method, path, headers, body, serverName });
      answer(request, response, request.socket);
    });
  };
  const server = secure
    ? https.createServer({ key: receiverKey, cert: receiverCertificate }, listener)
    : http.createServer(listener);
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Clients that break off are what is tested here.
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((settle) => server.close(settle));
    },
  };
}
