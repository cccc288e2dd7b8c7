import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface PutServer {
  readonly url: string;
  /** The text of the first request. */
  readonly received: Promise<string>;
  close(): Promise<void>;
}

/** Takes what is put, and says what came. */
export async function openPutServer(): Promise<PutServer> {
  let tell: (text: string) => void = () => undefined;
  const received = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      response.end();
      tell(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    received,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
