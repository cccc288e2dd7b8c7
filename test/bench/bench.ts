import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { startHost } from "../e2e/host-process.ts";
import { measureFairness } from "./fairness-bench.ts";
import { type Figure, mediansOf, printFigures } from "./figures.ts";
import { measureDrain, measureEndToEnd, measureLatency, measureLateness } from "./measure-runs.ts";
import { measureSubmits } from "./measure-submits.ts";
import { peakMemoryMb, usageOfTree } from "./process-usage.ts";
import { measureSchedules } from "./schedules-bench.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    json: { type: "string", default: "dist/bench.json" },
  },
});

/** How many instances a round leaves behind, counted from the measurements themselves. */
const storedTasks = 100 + 500 + 20_500 + 20_000 + 3_000 + 61_000 + 151_000;

const rounds: (readonly Figure[])[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  rounds.push([
    ...(await measureRound()),
    ...(await measureSchedules()),
    ...(await measureFairness()),
  ]);
  process.stdout.write(`round ${round} of ${values.rounds} done\n`);
}
const figures = mediansOf(rounds);
const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`;
printFigures(
  `Local host, durable before each answer, medians of ${rounds.length} rounds (${machine})`,
  figures,
);
await writeFile(values.json, `${JSON.stringify({ machine, figures, rounds }, null, 2)}\n`);
process.stdout.write(`\nwritten to ${values.json}\n`);

/** One fresh host per round, so that no round profits from or pays for another. */
async function measureRound(): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "switchyard-bench-"));
  const host = await startHost([
    ...["--data", directory, "--port", "0", "--no-examples", "--no-canary"],
    ...["--functions", resolve("test/bench/functions")],
  ]);
  const client = openClient({ url: host.url, transport: openNodeTransport() });
  try {
    await defineBenchTasks(client);
    const fresh = usageOfTree(host.pid);
    const latency = await measureLatency(client);
    const lateness = await measureLateness(client);
    const endToEnd = await measureEndToEnd(client, host.pid);
    const drain = await measureDrain(client);
    const submits = await measureSubmits(client);
    const peak = peakMemoryMb(host.pid);
    const idle = await measureIdle(host.pid);
    await host.end("SIGTERM");
    return [
      ...submits,
      ...endToEnd.slice(0, 1),
      ...drain,
      ...latency,
      ...lateness,
      ...endToEnd.slice(1),
      ...idle,
      { name: "memory of a fresh host", value: fresh.memoryMb, unit: "MB" },
      { name: "peak memory of the host", value: peak, unit: "MB" },
      { name: "disk per task", value: diskBytes(directory) / storedTasks, unit: "bytes" },
    ];
  } finally {
    client.close();
    await host.end("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  }
}

async function defineBenchTasks(client: SwitchyardClient): Promise<void> {
  await client.define("bench-stamp", { run: { function: { module: "stamp.mjs" } } });
  await client.define("bench-nothing", {
    run: { function: { module: "stamp.mjs", export: "nothing" } },
  });
}

/** After the runners have gone: what a host costs that has nothing to do. */
async function measureIdle(pid: number): Promise<readonly Figure[]> {
  await sleep(25_000);
  const before = usageOfTree(pid);
  await sleep(10_000);
  const after = usageOfTree(pid);
  return [
    { name: "idle CPU", value: (after.cpuMs - before.cpuMs) / 10, unit: "ms/s" },
    { name: "idle memory after the load", value: after.memoryMb, unit: "MB" },
  ];
}

function diskBytes(directory: string): number {
  return Number(execFileSync("du", ["-sb", directory], { encoding: "utf8" }).split("\t")[0]);
}
