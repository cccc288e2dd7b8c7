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

describe("limits in the SDK", () => {
  it("are defined, listed, shown and deleted", async () => {
    const made = await client.limits.define("sdk-crm", { rate: { starts: 5 } });
    expect(made.spec).toEqual({ rate: { starts: 5, perSeconds: 1 } });
    const names: string[] = [];
    for await (const { name } of client.limits.list()) names.push(name);
    expect(names).toContain("sdk-crm");
    expect((await client.limits.show("sdk-crm", { key: "eu" })).use).toMatchObject({ waiting: 0 });
    expect(await client.limits.delete("sdk-crm")).toEqual({ deleted: true });
    await expect(client.limits.show("sdk-crm")).rejects.toBeInstanceOf(SwitchyardError);
  });
});

describe("switchyard limit", () => {
  it("sets, shows, lists and deletes a limit", async () => {
    const set = await tool.run(["limit", "set", "crm", "--concurrency", "2", "--rate", "100/5m"]);
    expect(set.out).toBe("limit crm: 2 at a time, 100 in 300 s\n");
    expect((await tool.run(["limit", "list"])).out).toMatch(/crm +2 at a time, 100 in 300 s/);
    const shown = await tool.run(["limit", "get", "crm"]);
    expect(shown.out).toMatch(/held +0 of 2/);
    const json = JSON.parse((await tool.run(["limit", "get", "crm", "--json"])).out);
    expect(json).toMatchObject({ name: "crm", use: { held: 0, waiting: 0, startsLeft: 1 } });
    expect((await tool.run(["limit", "holders", "crm", "--json"])).out).toBe("");
    expect((await tool.run(["limit", "delete", "crm"])).out).toBe("limit crm deleted\n");
  });

  it.each([
    [["limit", "set", "crm"], "give --concurrency, --rate or both"],
    [["limit", "set", "crm", "--rate", "100"], "--rate takes N/DURATION"],
    [["limit", "set", "crm", "--rate", "100/1d"], "--rate takes N/DURATION"],
    [["limit", "set", "crm", "--burst", "3"], "give --rate, too"],
    [["limit", "set", "crm", "--concurrency", "0"], "--concurrency takes a whole number"],
  ])("%j is refused before anything is sent", async (args, complaint) => {
    const refused = await tool.run(args);
    expect(refused.exitCode).toBe(2);
    expect(refused.err).toContain(complaint);
  });
});

describe("switchyard tenant and group", () => {
  it("pause, switch off and resume", async () => {
    const paused = await tool.run(["tenant", "pause", "--reason", "audit"]);
    expect(paused.out).toMatch(/^the tenant \S+ is paused: audit\n$/);
    const off = await tool.run(["tenant", "off", "--cancel-running"]);
    expect(off.out).toMatch(/^everything is off; \d+ instances were cancelled\n$/);
    expect((await tool.run(["tenant", "resume", "--quiet"])).out).toBe("running\n");
    const none = await tool.run(["group", "pause", "none"]);
    expect(none.exitCode).not.toBe(0);
    expect(none.err).toContain('there is no group "none"');
  });
});
