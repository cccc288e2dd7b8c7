import { openYardServer } from "../client/yard-server.ts";

// The server's process of client-bench.ts: the API over the memory store. Says its address first,
// and its processor time whenever it is asked.
const server = await openYardServer({ recordRequests: false });
process.on("message", () => process.send?.(process.cpuUsage()));
process.on("disconnect", () => process.exit(0));
process.send?.({ url: server.url });
