import type { AddressInfo } from "node:net";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { TerminalError } from "../../shared/core/errors.ts";

const triedPortsMax = 20;

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Set when the wanted port was taken. */
  readonly movedFrom: number | undefined;
  close(): Promise<void>;
}

/** Listens on loopback: on the wanted port, or on the next free one unless the port was asked for. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  wanted: number,
  portIsFixed: boolean,
): Promise<Listening> {
  for (let port = wanted; port < wanted + triedPortsMax; port++) {
    const server = createAdaptorServer({ fetch });
    if (await listensOn(server, port)) {
      const bound = (server.address() as AddressInfo).port;
      return {
        url: `http://127.0.0.1:${bound}`,
        port: bound,
        movedFrom: port === wanted ? undefined : wanted,
        close: () => closed(server),
      };
    }
    if (portIsFixed) {
      throw new TerminalError(
        `port ${wanted} is taken by another program; stop it, or choose another with --port`,
      );
    }
  }
  throw new TerminalError(`no free port between ${wanted} and ${wanted + triedPortsMax - 1}`);
}

function listensOn(server: ServerType, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
}

/** Finishes what is under way; idle keep-alive connections do not hold it up. */
function closed(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
}
