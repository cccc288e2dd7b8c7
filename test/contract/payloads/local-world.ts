import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type {
  LocalPayloads,
  LocalPayloadsOptions,
} from "../../../functions/adapters/local/file-payloads.ts";
import { passThrough } from "../../../functions/api/payload-door.ts";
import { failure } from "../../../functions/api/wire/answers.ts";
import { openIds } from "../../../functions/runtime/system-ports.ts";
import type { PayloadWorld } from "./payload-world.ts";

const say = (): void => undefined;
const silentLog = { debug: say, info: say, warn: say, error: say };

/** A local adapter behind a real server, as the host serves it. */
export async function localWorld(
  open: (options: LocalPayloadsOptions) => LocalPayloads | Promise<LocalPayloads>,
  cleanUp: () => Promise<void> = async () => undefined,
): Promise<PayloadWorld & { readonly payloads: LocalPayloads }> {
  let nowMs = Date.now();
  const ids = openIds();
  const server = createAdaptorServer({
    fetch: (request: Request) =>
      passThrough(payloads, request).catch((error: unknown) =>
        failure(error, { method: request.method, path: "" }, { ids, log: silentLog }),
      ),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const payloads = await open({ clock: { now: () => nowMs }, ids, server: async () => url });
  return {
    payloads,
    pass(ms) {
      nowMs += ms;
    },
    async close() {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
      await cleanUp();
    },
  };
}
