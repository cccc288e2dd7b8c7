import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openNodeTransport } from "../../client/sdk/node-transport.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import type { ScheduleView } from "../../shared/contract/http/schedule-views.ts";
import { type HostProcess, startHost } from "./host-process.ts";
import { doctorFindings, finishedInstances } from "./http.ts";

const hosts: HostProcess[] = [];
const clients: SwitchyardClient[] = [];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "switchyard-schedules-"));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(hosts.splice(0).map((host) => host.end("SIGKILL")));
  await rm(directory, { recursive: true, force: true });
});

async function start(): Promise<{ readonly host: HostProcess; readonly client: SwitchyardClient }> {
  const host = await startHost(["--data", directory, "--port", "0"]);
  hosts.push(host);
  const client = openClient({ url: host.url, transport: openNodeTransport() });
  clients.push(client);
  return { host, client };
}

/** `at(…)` takes whole seconds. */
const atText = (atMs: number): string => `at(${new Date(atMs).toISOString().slice(0, 19)})`;

const wholeSecondIn = (aheadMs: number): number =>
  Math.ceil((Date.now() + aheadMs) / 1_000) * 1_000;

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Asks until every schedule of one time is completed; the examples never are. */
async function completed(client: SwitchyardClient): Promise<readonly ScheduleView[]> {
  for (;;) {
    const listed = await all(client.schedules.list());
    const views = listed.filter(({ spec }) => spec.expression.startsWith("at("));
    if (views.every(({ state }) => state === "completed")) return views;
    await sleep(100);
  }
}

describe("schedules of a host", () => {
  it("fire on time, also what is defined seconds before, and catch up after a downtime", async () => {
    const first = await start();
    const soonMs = wholeSecondIn(2_000);
    await first.client.schedules.define("soon", {
      expression: atText(soonMs),
      task: "hello",
      input: { name: "{{nominal.time}}" },
    });
    const [soon] = await completed(first.client);
    const instance = await first.client.wait(soon?.latest?.instanceId ?? "");
    expect(instance).toMatchObject({ state: "succeeded", submittedBy: "schedule/soon" });
    expect(Date.parse(instance.createdAt)).toBeGreaterThanOrEqual(soonMs);

    const downMs = wholeSecondIn(3_000);
    await first.client.schedules.define("while-down", {
      expression: atText(downMs),
      task: "hello",
    });
    expect(await first.host.end("SIGTERM")).toBe(0);
    await sleep(Math.max(0, downMs + 500 - Date.now()));
    const second = await start();
    const [, late] = await completed(second.client);
    expect(late?.recent).toMatchObject([
      { outcome: "fired", nominalAt: new Date(downMs).toISOString() },
    ]);
    const caughtUp = await second.client.wait(late?.latest?.instanceId ?? "");
    expect(caughtUp.state).toBe("succeeded");
  });

  it("work off a backfill across a kill", async () => {
    const first = await start();
    await first.client.schedules.define("hourly", {
      expression: "cron(0 * * * ? *)",
      task: "hello",
    });
    const { id, total } = await first.client.schedules.backfill("hourly", {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-11T00:00:00Z",
      concurrency: 10,
    });
    expect(total).toBe(240);
    await first.host.end("SIGKILL");
    const { client } = await start();
    let seen = await client.schedules.showBackfill("hourly", id);
    while (seen.state === "running") {
      await sleep(100);
      seen = await client.schedules.showBackfill("hourly", id);
    }
    expect(seen).toMatchObject({ state: "finished", fired: 240, succeeded: 240, leftOut: 0 });
  });
});

describe("10,000 schedules of one instant", () => {
  it("fire each exactly once although the host is killed in the middle of them", async () => {
    const first = await start();
    const count = 10_000;
    const instantMs = wholeSecondIn(25_000);
    const names = Array.from({ length: count }, (_, place) => `s${String(place).padStart(5, "0")}`);
    const left = [...names];
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (let name = left.pop(); name !== undefined; name = left.pop()) {
          await first.client.schedules.define(name, {
            expression: atText(instantMs),
            task: "hello",
            input: { name },
          });
        }
      }),
    );
    await sleep(instantMs + 600 - Date.now());
    await first.host.end("SIGKILL");

    const second = await start();
    const views = await completed(second.client);
    expect(views.map(({ name }) => name)).toEqual(names);
    const outcomes = views.flatMap(({ recent }) => recent.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(names.map(() => "fired"));
    const ids = views.map(({ latest }) => latest?.instanceId ?? "");
    expect(new Set(ids).size).toBe(count);
    const stored = await all(second.client.list({ task: "hello" }));
    expect(stored.map(({ id }) => id).sort()).toEqual([...ids].sort());
    // Some were fired before the kill and some after it, or the kill tried nothing.
    const restartedAtMs = instantMs + 600;
    const after = stored.filter(({ createdAt }) => Date.parse(createdAt) > restartedAtMs).length;
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(count);
    const finished = await finishedInstances(second.host.url, ids);
    expect(finished.filter(({ state }) => state !== "succeeded")).toEqual([]);
    expect(await doctorFindings(second.host.url)).toEqual([]);
  });
});
