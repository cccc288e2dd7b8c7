import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openFetchTransport } from "../../client/sdk/fetch-transport.ts";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { type ClientOptions, openClient } from "../../client/sdk/open-client.ts";
import { keepInFlight } from "./measure-submits.ts";

// What the SDK costs: submissions per second against the API over the memory store in a process of
// its own, with the processor time of both sides per submission. `npx tsx test/bench/client-bench.ts`

const later = { task: "bench", input: { key: "cat.jpg", width: 240 }, delaySeconds: 86_400 };

interface Case {
  readonly name: string;
  readonly count: number;
  readonly options?: ClientOptions;
  readonly work: (client: SwitchyardClient, count: number) => Promise<unknown>;
}

const oneByOne = (client: SwitchyardClient, count: number) =>
  keepInFlight(count, 1, () => client.submit(later));
const sixtyFour = (client: SwitchyardClient, count: number) =>
  keepInFlight(count, 64, () => client.submit(later));
const thousands = (client: SwitchyardClient, count: number) => {
  const batch = Array.from({ length: 1_000 }, () => later);
  return keepInFlight(count / 1_000, 4, () => client.submitMany(batch));
};

const cases: readonly Case[] = [
  { name: "1 in flight", count: 3_000, work: oneByOne },
  {
    name: "1 in flight, fetch",
    count: 2_000,
    work: oneByOne,
    options: { transport: openFetchTransport() },
  },
  { name: "64 in flight", count: 60_000, work: sixtyFour },
  {
    name: "64 in flight, fetch",
    count: 60_000,
    work: sixtyFour,
    options: { transport: openFetchTransport() },
  },
  {
    name: "64 in flight, no retries, no keys",
    count: 60_000,
    work: sixtyFour,
    options: { retry: false },
  },
  ...[1, 2, 3, 8].map((submitRequestsMax) => ({
    name: `64 in flight, ${submitRequestsMax} requests at once`,
    count: 60_000,
    work: sixtyFour,
    options: { submitRequestsMax },
  })),
  { name: "batches of 1,000, 4 at once", count: 60_000, work: thousands },
  {
    name: "batches of 1,000, no retries, no keys",
    count: 60_000,
    work: thousands,
    options: { retry: false },
  },
];

process.stdout.write("submissions/s   client µs   server µs   requests/1,000   case\n");
const wanted = process.argv[2] ?? "";
for (const each of cases.filter(({ name }) => name.includes(wanted))) await measure(each);

async function measure({ name, count, options, work }: Case): Promise<void> {
  const server = fork(fileURLToPath(new URL("client-bench-server.ts", import.meta.url)));
  try {
    const [{ url }] = (await once(server, "message")) as [{ url: string }];
    const transport = options?.transport ?? openNodeTransport();
    let requests = 0;
    const client = openClient({
      ...options,
      url,
      transport: {
        send(request) {
          requests++;
          return transport.send(request);
        },
        close: () => transport.close(),
      },
    });
    await client.define("bench", { run: { function: { module: "bench.mjs" } } });
    await work(client, Math.min(count, 6_000));
    requests = 0;
    const serverBefore = await cpuOf(server);
    const before = process.cpuUsage();
    const startedAtMs = performance.now();
    await work(client, count);
    const tookMs = performance.now() - startedAtMs;
    const own = process.cpuUsage(before);
    const serverMicros = (await cpuOf(server)) - serverBefore;
    client.close();
    const cells = [
      Math.round((count * 1_000) / tookMs)
        .toLocaleString("en-US")
        .padStart(13),
      ((own.user + own.system) / count).toFixed(1).padStart(12),
      (serverMicros / count).toFixed(1).padStart(12),
      ((requests * 1_000) / count).toFixed(1).padStart(17),
    ];
    process.stdout.write(`${cells.join("")}   ${name}\n`);
  } finally {
    server.kill("SIGKILL");
  }
}

async function cpuOf(server: ChildProcess): Promise<number> {
  server.send("cpu");
  const [{ user, system }] = (await once(server, "message")) as [NodeJS.CpuUsage];
  return user + system;
}
