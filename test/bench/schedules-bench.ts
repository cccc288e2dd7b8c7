import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import type { ScheduleView } from "../../shared/contract/http/schedule-views.ts";
import { startHost } from "../e2e/host-process.ts";
import { type Figure, quantile } from "./figures.ts";

const scheduleCount = 10_000;
/** Defining them all takes less. */
const definingMs = 30_000;

/** How late 10,000 schedules of one instant are, on a host of their own. */
export async function measureSchedules(): Promise<readonly Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "switchyard-bench-schedules-"));
  const host = await startHost([
    ...["--data", directory, "--port", "0", "--no-examples"],
    ...["--functions", resolve("test/bench/functions")],
  ]);
  const client = openClient({ url: host.url, transport: openNodeTransport() });
  try {
    await client.define("bench-stamp", { run: { function: { module: "stamp.mjs" } } });
    const instantMs = Math.ceil((Date.now() + definingMs) / 1_000) * 1_000;
    const beganMs = Date.now();
    await defineAll(client, instantMs);
    const definedPerSecond = scheduleCount / ((Date.now() - beganMs) / 1_000);
    await sleep(Math.max(0, instantMs - Date.now()));
    const schedules = await allCompleted(client);
    const firedMs = schedules.map(({ recent }) => Date.parse(recent[0]?.at ?? "") - instantMs);
    const ends = await Promise.all(
      schedules.map(({ latest }) => client.wait(latest?.instanceId ?? "")),
    );
    const begunMs = ends.map(({ output }) => Number(output) - instantMs);
    if (Math.min(...firedMs, ...begunMs) < 0) throw new Error("a schedule fired before its time");
    return [
      { name: "schedules defined", value: definedPerSecond, unit: "per second" },
      ...lateness("10,000 schedules of one instant, fired", firedMs),
      ...lateness("10,000 schedules of one instant, begun", begunMs),
    ];
  } finally {
    client.close();
    await host.end("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  }
}

async function defineAll(client: SwitchyardClient, instantMs: number): Promise<void> {
  const expression = `at(${new Date(instantMs).toISOString().slice(0, 19)})`;
  const left = Array.from({ length: scheduleCount }, (_, place) => `bench-${place}`);
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      for (let name = left.pop(); name !== undefined; name = left.pop()) {
        await client.schedules.define(name, { expression, task: "bench-stamp" });
      }
    }),
  );
}

async function allCompleted(client: SwitchyardClient): Promise<readonly ScheduleView[]> {
  for (;;) {
    // Asking takes time from the one that is asked, so it is asked seldom.
    await sleep(2_000);
    const open: string[] = [];
    for await (const { name } of client.schedules.list({ state: "active" })) open.push(name);
    if (open.length > 0) continue;
    const views: ScheduleView[] = [];
    for await (const view of client.schedules.list()) views.push(view);
    return views;
  }
}

function lateness(name: string, values: readonly number[]): readonly Figure[] {
  return [0.5, 0.99].map((q) => ({
    name: `${name}, p${q * 100}`,
    value: quantile(values, q),
    unit: "ms",
  }));
}
