import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FileServer {
  readonly url: string;
  /** Requests answered so far. */
  requests(): number;
  serve(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** Answers every request with the same bytes. */
export async function openFileServer(): Promise<FileServer> {
  let body: Uint8Array = new Uint8Array();
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/package`,
    requests: () => requests,
    serve: (bytes) => {
      body = bytes;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
