import { setTimeout as sleep } from "node:timers/promises";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { type Figure, quantile } from "./figures.ts";
import { keepInFlight } from "./measure-submits.ts";
import { usageOfTree } from "./process-usage.ts";

const endToEndCount = 20_000;
const drainCount = 20_000;
const delayedCount = 500;
const steadyCount = 100;

/** From the first submission to the last result seen by the client, and the CPU all of it took. */
export async function measureEndToEnd(
  client: SwitchyardClient,
  hostPid: number,
): Promise<readonly Figure[]> {
  const nothing = { task: "bench-nothing" };
  await keepInFlight(500, 64, () => client.submitAndWait(nothing));
  const before = { host: usageOfTree(hostPid), client: process.cpuUsage() };
  const startedAtMs = performance.now();
  await keepInFlight(endToEndCount, 1_000, () => client.submitAndWait(nothing));
  const tookMs = performance.now() - startedAtMs;
  const own = process.cpuUsage(before.client);
  const hostCpuMs = usageOfTree(hostPid).cpuMs - before.host.cpuMs;
  return [
    { name: "end to end", value: (endToEndCount * 1_000) / tookMs, unit: "/s" },
    { name: "CPU per task, host and runner", value: hostCpuMs / endToEndCount, unit: "ms" },
    {
      name: "CPU per task, with the client",
      value: (hostCpuMs + (own.user + own.system) / 1_000) / endToEndCount,
      unit: "ms",
    },
  ];
}

/** A backlog that falls due at one instant: from that instant to the last result. */
export async function measureDrain(client: SwitchyardClient): Promise<readonly Figure[]> {
  const dueAtMs = Date.now() + 4_000;
  const startAt = new Date(dueAtMs).toISOString();
  const outcomes = await client.submitMany(
    Array.from({ length: drainCount }, () => ({ task: "bench-nothing", startAt })),
  );
  const ids = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.instance.id] : []));
  if (ids.length !== drainCount || Date.now() >= dueAtMs)
    throw new Error("the backlog came too late");
  const ends = await Promise.all(ids.map((id) => client.wait(id)));
  const lastMs = Math.max(...ends.map(({ finishedAt }) => Date.parse(finishedAt ?? "")));
  return [{ name: "drain", value: (drainCount * 1_000) / (lastMs - dueAtMs), unit: "/s" }];
}

/** From just before the submission to the first line of the task's body, at ten a second. */
export async function measureLatency(client: SwitchyardClient): Promise<readonly Figure[]> {
  const latencies: number[] = [];
  for (let i = 0; i < steadyCount; i++) {
    const submittedAtMs = performance.timeOrigin + performance.now();
    const done = await client.submitAndWait({ task: "bench-stamp" });
    latencies.push(Number(done.output) - submittedAtMs);
    await sleep(100);
  }
  return quantiles("latency to the task's body", latencies, [0.5, 0.95, 0.99]);
}

/** How long after its time a delayed task's body begins. */
export async function measureLateness(client: SwitchyardClient): Promise<readonly Figure[]> {
  const firstAtMs = Date.now() + 1_500;
  const dues = Array.from({ length: delayedCount }, (_, i) => firstAtMs + i * 7);
  const outcomes = await client.submitMany(
    dues.map((dueAtMs) => ({ task: "bench-stamp", startAt: new Date(dueAtMs).toISOString() })),
  );
  const ends = await Promise.all(
    outcomes.map((outcome) => {
      if (!outcome.ok) throw outcome.error;
      return client.wait(outcome.instance.id);
    }),
  );
  const lateness = ends.map(({ output }, i) => Number(output) - (dues[i] ?? 0));
  if (Math.min(...lateness) < 0) throw new Error("a task began before its time");
  return quantiles("lateness of delayed tasks", lateness, [0.5, 0.99]);
}

function quantiles(name: string, values: readonly number[], at: readonly number[]): Figure[] {
  return at.map((q) => ({ name: `${name}, p${q * 100}`, value: quantile(values, q), unit: "ms" }));
}
