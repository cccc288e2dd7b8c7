import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SwitchyardClient } from "../../client/sdk/client.ts";
import { openClient } from "../../client/sdk/open-client.ts";
import { SwitchyardError } from "../../client/sdk/switchyard-error.ts";
import { buildSwitchyard, type Switchyard } from "./run-switchyard.ts";
import { openYardServer, type YardServer } from "./yard-server.ts";

let yard: YardServer;
let tool: Switchyard;
let client: SwitchyardClient;
beforeAll(async () => {
  yard = await openYardServer();
  tool = await buildSwitchyard(yard.url);
  client = openClient({ url: yard.url });
});
afterAll(async () => {
  client.close();
  await tool.remove();
  await yard.close();
});

async function register(pool: string, worker: string, slots: number): Promise<void> {
  const answer = await fetch(`${yard.url}/v1/pools/${pool}/workers/${worker}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ slots, labels: { rack: "7" }, version: "1.0" }),
  });
  expect(answer.status).toBe(200);
}

describe("pools in the SDK", () => {
  it("are defined, listed, shown and deleted", async () => {
    const made = await client.pools.define("sdk-pool", { type: "edge", labels: { site: "tokyo" } });
    expect(made.spec).toMatchObject({ type: "edge", strategy: "pull", leaseSeconds: 30 });
    const names: string[] = [];
    for await (const { name } of client.pools.list()) names.push(name);
    expect(names).toContain("sdk-pool");
    expect((await client.pools.show("sdk-pool")).waiting).toBe(0);
    expect(await client.pools.delete("sdk-pool")).toEqual({ deleted: true });
    await expect(client.pools.show("sdk-pool")).rejects.toBeInstanceOf(SwitchyardError);
  });

  it("show their workers, and let one go", async () => {
    await client.pools.define("sdk-workers", {});
    await register("sdk-workers", "w1", 3);
    expect(await client.pools.drain("sdk-workers", "w1")).toMatchObject({ health: "draining" });
    const workers = [];
    for await (const worker of client.pools.workers("sdk-workers")) workers.push(worker);
    expect(workers).toMatchObject([{ id: "w1", slots: 3, health: "draining" }]);
  });
});

describe("switchyard pools", () => {
  it("lists pools with their state, and shows one with its workers", async () => {
    await tool.run(["pool", "set", "edge-tokyo", "--type", "edge", "--label", "site=tokyo"]);
    const before = await tool.run(["pools"]);
    expect(before.out).toMatch(/edge-tokyo +no worker has registered yet +0/);
    await register("edge-tokyo", "rack-7", 4);
    const after = await tool.run(["pools"]);
    expect(after.out).toMatch(/edge-tokyo +takes work +1 +0 of 4/);
    const shown = await tool.run(["pool", "show", "edge-tokyo"]);
    expect(shown.exitCode).toBe(0);
    expect(shown.out).toContain("site=tokyo");
    expect(shown.out).toMatch(/rack-7 +healthy +0 of 4/);
    const quiet = await tool.run(["pool", "show", "edge-tokyo", "-q"]);
    expect(quiet.out).toBe("rack-7\n");
  });

  it("takes a definition from a file, and says what is wrong with it", async () => {
    const good = JSON.stringify({ strategy: "sticky", stickyTag: "customer", latencyMs: 8 });
    const set = await tool.run(["pool", "set", "from-file", "-", "--json"], { input: good });
    expect(JSON.parse(set.out).spec).toMatchObject({ stickyTag: "customer", latencyMs: 8 });
    const bad = await tool.run(["pool", "set", "from-file", "-"], { input: '{"strategy":"best"}' });
    expect(bad.exitCode).not.toBe(0);
    expect(bad.err).toContain("strategy");
    const both = await tool.run(["pool", "set", "from-file", "-", "--type", "edge"], {
      input: good,
    });
    expect(both.err).toContain("give one of them");
  });

  it("drains a worker and deletes a pool", async () => {
    await tool.run(["pool", "set", "short-lived"]);
    await register("short-lived", "w1", 1);
    const drained = await tool.run(["pool", "drain", "short-lived", "w1"]);
    expect(drained.out).toBe("worker w1 drains; it has 0 to finish\n");
    expect((await tool.run(["pool", "delete", "short-lived"])).out).toBe(
      "pool short-lived is deleted\n",
    );
    const again = await tool.run(["pool", "delete", "short-lived"]);
    expect(again.err).toContain("there is no pool");
  });

  it("refuses the name of a built-in backend in a sentence", async () => {
    const refused = await tool.run(["pool", "set", "lambda"]);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.err).toContain("built-in backend");
  });
});
